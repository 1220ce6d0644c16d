/* SPDX-License-Identifier: MIT */
#include "text/query.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"

bool percent_decode(const char *text, size_t length, bool plus_is_blank, char **ret, GError **error)
{
	g_autofree char *decoded = g_malloc(length + 1);
	size_t written = 0;

	for (size_t i = 0; i < length; i++) {
		char byte = text[i];

		if (byte == '%') {
			int high = i + 2 < length ? g_ascii_xdigit_value(text[i + 1]) : -1;
			int low = high < 0 ? -1 : g_ascii_xdigit_value(text[i + 2]);

			if (low < 0)
				return fail(
					error, RIDA_ERROR_MALFORMED,
					"two hexadecimal digits are wanted after a percent sign");
			byte = (char)(high * 16 + low);
			i += 2;
		} else if (byte == '+' && plus_is_blank) {
			byte = ' ';
		}
		decoded[written++] = byte;
	}
	decoded[written] = 0;
	/* GLib refuses NUL bytes and overlong forms too. */
	if (!g_utf8_validate(decoded, (gssize)written, NULL))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "what the percent signs stand for is not UTF-8 text");
	*ret = g_steal_pointer(&decoded);
	return true;
}

static void pair_free(void *data)
{
	struct query_pair *pair = data;

	g_free(pair->name);
	g_free(pair->value);
	g_free(pair);
}

static bool read_pair(GPtrArray *pairs, const char *text, size_t length, GError **error)
{
	const char *equals = memchr(text, '=', length);
	size_t name_length = equals ? (size_t)(equals - text) : length;
	const char *value = equals ? equals + 1 : text + length;
	g_autofree char *shown = NULL;
	struct query_pair *pair;

	if (pairs->len >= QUERY_PAIRS_MAX)
		return fail(error, RIDA_ERROR_MALFORMED, "the query has more than %d parameters",
			    QUERY_PAIRS_MAX);
	pair = g_new0(struct query_pair, 1);
	g_ptr_array_add(pairs, pair);
	if (percent_decode(text, name_length, true, &pair->name, error) &&
	    percent_decode(value, (size_t)(text + length - value), true, &pair->value, error))
		return true;
	shown = strict_shown(pair->name ? pair->name : text);
	g_prefix_error(error, "the parameter \"%s\" of the query: ", shown);
	return false;
}

bool query_read(const char *text, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) pairs = g_ptr_array_new_with_free_func(pair_free);

	if (strnlen(text, QUERY_BYTES_MAX + 1) > QUERY_BYTES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED, "the query is longer than %d bytes",
			    QUERY_BYTES_MAX);
	while (*text) {
		size_t length = strcspn(text, "&");

		if (length > 0 && !read_pair(pairs, text, length, error))
			return false;
		text += length + (text[length] == '&');
	}
	*ret = g_steal_pointer(&pairs);
	return true;
}

const char *query_value(const GPtrArray *pairs, const char *name)
{
	for (guint i = 0; i < pairs->len; i++) {
		const struct query_pair *pair = pairs->pdata[i];

		if (strcmp(pair->name, name) == 0)
			return pair->value;
	}
	return NULL;
}

static const char *pair_value(const char *const *pairs, const char *name, size_t length)
{
	for (; pairs[0]; pairs += 2)
		if (strlen(pairs[0]) == length && memcmp(pairs[0], name, length) == 0)
			return pairs[1];
	return NULL;
}

bool template_fill(const char *template, const char *const *pairs, char **ret, GError **error)
{
	g_autoptr(GString) filled = g_string_new(NULL);
	const char *rest = template;

	while (*rest) {
		size_t plain = strcspn(rest, "{}");
		size_t length = rest[plain] ? strcspn(rest + plain + 1, "{}") : 0;
		const char *value = NULL;

		g_string_append_len(filled, rest, (gssize)plain);
		rest += plain;
		if (!*rest)
			break;
		if (*rest == '{' && rest[length + 1] == '}')
			value = pair_value(pairs, rest + 1, length);
		if (!value)
			return fail(error, RIDA_ERROR_INTERNAL,
				    "the template \"%s\" has an unknown place at \"%.40s\"",
				    template, rest);
		g_string_append(filled, value);
		rest += length + 2;
	}
	*ret = g_strdup(filled->str);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "base/strict.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"

#define SHOWN_MAX 40

bool strict_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret, GError **error)
{
	guint64 value;

	if (!g_ascii_string_to_unsigned(text, 10, min, max, &value, NULL) ||
	    !g_ascii_isdigit(text[0]))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "a whole number from %" PRIu64 " to %" PRIu64
			    " is wanted, not \"%.40s\"",
			    min, max, text);
	*ret = value;
	return true;
}

bool strict_i64(const char *text, int64_t min, int64_t max, int64_t *ret, GError **error)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	gint64 value;

	if (!g_ascii_isdigit(digits[0]) ||
	    !g_ascii_string_to_signed(text, 10, min, max, &value, NULL))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "a whole number from %" PRId64 " to %" PRId64
			    " is wanted, not \"%.40s\"",
			    min, max, text);
	*ret = value;
	return true;
}

bool strict_bool(const char *text, bool *ret, GError **error)
{
	bool is_true = strcmp(text, "true") == 0;

	if (!is_true && strcmp(text, "false") != 0)
		return fail(error, RIDA_ERROR_MALFORMED, "true or false is wanted, not \"%.40s\"",
			    text);
	*ret = is_true;
	return true;
}

static bool byte_is_in(char byte, const char *extra)
{
	return g_ascii_isalnum(byte) || (byte && strchr(extra, byte));
}

bool strict_name(const char *text, const struct strict_charset *set)
{
	size_t length = strnlen(text, set->max + 1);

	if (length == 0 || length > set->max || !byte_is_in(text[0], set->first))
		return false;
	for (size_t i = 1; i < length; i++)
		if (!byte_is_in(text[i], set->rest))
			return false;
	return true;
}

char *strict_shown(const char *text)
{
	g_autofree char *cut = g_strndup(text, SHOWN_MAX);
	g_autofree char *escaped = g_strescape(cut, NULL);

	return g_strconcat(escaped, strlen(text) > strlen(cut) ? "..." : NULL, NULL);
}

bool strict_hex(const char *text, size_t length)
{
	return strlen(text) == length && strspn(text, "0123456789abcdef") == length;
}

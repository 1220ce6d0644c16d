/* SPDX-License-Identifier: MIT */
#include "text/json.h"

#include <string.h>

#include "base/error.h"
#include "text/json_scan.h"

bool read_json(const char *text, size_t length, struct json_object **ret, GError **error)
{
	g_autoptr(JsonObject) value = NULL;
	struct json_tokener *tokener;
	enum json_tokener_error problem;
	const char *bad_byte;

	if (length > JSON_BYTES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the JSON has %zu bytes; at most %d are read", length, JSON_BYTES_MAX);
	if (!g_utf8_validate(text, (gssize)length, &bad_byte))
		return json_fail(text, (size_t)(bad_byte - text),
				 *bad_byte ? "this is not UTF-8" : "a NUL byte is not allowed",
				 error);
	if (!json_scan(text, length, JSON_DEPTH_MAX, error))
		return false;
	/* json-c counts the values in the innermost brackets as a level of their own. */
	tokener = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	value = json_tokener_parse_ex(tokener, text, (int)length);
	problem = json_tokener_get_error(tokener);
	/* At the end of a bare number json-c cannot know that no digit follows. */
	if (problem == json_tokener_continue) {
		value = json_tokener_parse_ex(tokener, "", 1);
		problem = json_tokener_get_error(tokener);
	}
	json_tokener_free(tokener);
	if (problem != json_tokener_success)
		return fail(error, RIDA_ERROR_MALFORMED, "this is not JSON: %s",
			    json_tokener_error_desc(problem));
	*ret = g_steal_pointer(&value);
	return true;
}

/* Outside of texts JSON has no "<", so it can be escaped in what json-c wrote. */
static void append_without_tags(GString *out, const char *text, size_t length)
{
	const char *end = text + length;

	while (text < end) {
		const char *less = memchr(text, '<', (size_t)(end - text));
		const char *stop = less ? less : end;

		g_string_append_len(out, text, stop - text);
		if (less)
			g_string_append(out, "\\u003c");
		text = stop + 1;
	}
}

void append_json(GString *out, struct json_object *value)
{
	size_t length;
	const char *text = json_object_to_json_string_length(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	append_without_tags(out, text, length);
}

static void append_escaped(GString *out, char byte)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";

	for (const char *pair = shorts; *pair; pair += 2)
		if (*pair == byte) {
			g_string_append_c(out, '\\');
			g_string_append_c(out, pair[1]);
			return;
		}
	g_string_append_printf(out, "\\u%04x", (unsigned char)byte);
}

void append_json_text(GString *out, const char *text)
{
	g_autofree char *valid =
		g_utf8_validate(text, -1, NULL) ? NULL : g_utf8_make_valid(text, -1);
	const char *start = valid ? valid : text;

	g_string_append_c(out, '"');
	for (const char *byte = start; *byte; byte++) {
		if ((unsigned char)*byte >= 0x20 && *byte != '"' && *byte != '\\' && *byte != '<')
			continue;
		g_string_append_len(out, start, byte - start);
		append_escaped(out, *byte);
		start = byte + 1;
	}
	g_string_append(out, start);
	g_string_append_c(out, '"');
}

bool json_member_text(struct json_object *object, const char *key, size_t max, const char **ret,
		      GError **error)
{
	struct json_object *member;

	if (!json_object_is_type(object, json_type_object))
		return fail(error, RIDA_ERROR_MALFORMED, "a JSON object with \"%s\" is wanted",
			    key);
	if (!json_object_object_get_ex(object, key, &member))
		return fail(error, RIDA_ERROR_MALFORMED, "\"%s\" is missing", key);
	if (!json_object_is_type(member, json_type_string))
		return fail(error, RIDA_ERROR_MALFORMED, "\"%s\" must be a text", key);
	if ((size_t)json_object_get_string_len(member) > max)
		return fail(error, RIDA_ERROR_MALFORMED, "\"%s\" is longer than %zu bytes", key,
			    max);
	*ret = json_object_get_string(member);
	return true;
}

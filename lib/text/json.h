/* SPDX-License-Identifier: MIT */
#ifndef TEXT_JSON_H
#define TEXT_JSON_H

/*
 * JSON in and out. Values are json-c objects. Reading is strict (RFC 8259): the whole text counts,
 * depth and size are capped, and single quotes, NaN, control characters, duplicate keys, NUL in
 * text and bad UTF-8 are refused, all of which json-c alone lets through.
 */

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct json_object JsonObject; /* the name that g_autoptr needs */
static inline void json_value_unref(struct json_object *value)
{
	json_object_put(value);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonObject, json_value_unref)

#define JSON_DEPTH_MAX 16
#define JSON_BYTES_MAX (16 << 20)

/* The value of the text; the caller owns it. Errors: MALFORMED with the line and column where
 * reading stopped. */
bool read_json(const char *text, size_t length, struct json_object **ret, GError **error);

/* Appends the value without spaces; "<" is written as an escape, so that no "</script>" can appear.
 */
void append_json(GString *out, struct json_object *value);

/* Appends one quoted JSON string, for writers that stream; invalid UTF-8 becomes U+FFFD. */
void append_json_text(GString *out, const char *text);

/* The text of a member, lent. Errors: MALFORMED when it is absent, no string, or longer than max
 * bytes. */
bool json_member_text(struct json_object *object, const char *key, size_t max, const char **ret,
		      GError **error);

#endif

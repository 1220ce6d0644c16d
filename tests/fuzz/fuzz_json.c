/* SPDX-License-Identifier: MIT */
/*
 * Reaches read_json(), append_json() and append_json_text(): what was read is written as JSON that
 * reads the same, whatever stands in its texts.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/json.h"

/* A text written by either writer is the same text again. */
static void check_text(const char *text, size_t length)
{
	g_autoptr(GString) written = g_string_new(NULL);
	g_autoptr(JsonObject) again = NULL;

	append_json_text(written, text);
	g_assert_null(strchr(written->str, '<'));
	g_assert_true(read_json(written->str, written->len, &again, NULL));
	if (g_utf8_validate(text, (gssize)length, NULL))
		g_assert_cmpstr(json_object_get_string(again), ==, text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(JsonObject) value = NULL;
	g_autoptr(JsonObject) again = NULL;
	g_autoptr(GString) first = g_string_new(NULL);
	g_autoptr(GString) second = g_string_new(NULL);
	g_autofree char *text = g_strndup((const char *)data, size);

	check_text(text, strlen(text));
	if (!read_json((const char *)data, size, &value, NULL))
		return 0;
	g_assert_true(g_utf8_validate((const char *)data, (gssize)size, NULL));
	append_json(first, value);
	g_assert_null(strchr(first->str, '<'));
	g_assert_true(read_json(first->str, first->len, &again, NULL));
	g_assert_true(json_object_equal(value, again));
	append_json(second, again);
	g_assert_cmpstr(first->str, ==, second->str);
	return 0;
}

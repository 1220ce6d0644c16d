/* SPDX-License-Identifier: MIT */
/* Reaches read_json() and append_json(): what was read is written as JSON that reads the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(JsonObject) value = NULL;
	g_autoptr(JsonObject) again = NULL;
	g_autoptr(GString) first = g_string_new(NULL);
	g_autoptr(GString) second = g_string_new(NULL);

	if (!read_json((const char *)data, size, &value, NULL))
		return 0;
	g_assert_true(g_utf8_validate((const char *)data, (gssize)size, NULL));
	append_json(first, value);
	g_assert_null(strchr(first->str, '<'));
	g_assert_true(read_json(first->str, first->len, &again, NULL));
	append_json(second, again);
	g_assert_cmpstr(first->str, ==, second->str);
	return 0;
}

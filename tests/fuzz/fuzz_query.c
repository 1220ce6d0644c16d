/* SPDX-License-Identifier: MIT */
/*
 * Reaches query_read(), percent_decode() and url_argument(): what was decoded is the same again
 * after it was encoded, value by value and as a query.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/url.h"

static void append(GString *query, const char *text, char end)
{
	g_autofree char *encoded = url_argument(text);
	g_autofree char *decoded = NULL;

	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_true(percent_decode(encoded, strlen(encoded), false, &decoded, NULL));
	g_assert_cmpstr(decoded, ==, text);
	g_string_append(query, encoded);
	g_string_append_c(query, end);
}

static void compare(const GPtrArray *pairs, const GPtrArray *again)
{
	g_assert_cmpuint(pairs->len, ==, again->len);
	for (guint i = 0; i < pairs->len; i++) {
		const struct query_pair *one = pairs->pdata[i];
		const struct query_pair *other = again->pdata[i];

		g_assert_cmpstr(one->name, ==, other->name);
		g_assert_cmpstr(one->value, ==, other->value);
		g_assert_cmpstr(query_value(pairs, one->name), ==, query_value(again, one->name));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GString) query = g_string_new(NULL);
	g_autoptr(GPtrArray) pairs = NULL;
	g_autoptr(GPtrArray) again = NULL;

	if (!query_read(text, &pairs, NULL))
		return 0;
	g_assert_cmpuint(pairs->len, <=, QUERY_PAIRS_MAX);
	for (guint i = 0; i < pairs->len; i++) {
		const struct query_pair *pair = pairs->pdata[i];

		append(query, pair->name, '=');
		append(query, pair->value, '&');
	}
	if (query->len <= QUERY_BYTES_MAX) {
		g_assert_true(query_read(query->str, &again, NULL));
		compare(pairs, again);
	}
	return 0;
}

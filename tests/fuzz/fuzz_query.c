/* SPDX-License-Identifier: MIT */
/* Reaches query_read(), percent_decode() and url_argument(): a decoded value survives encoding. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/url.h"

static void check_value(const char *value)
{
	g_autofree char *encoded = url_argument(value);
	g_autofree char *decoded = NULL;

	g_assert_true(g_utf8_validate(value, -1, NULL));
	g_assert_true(percent_decode(encoded, strlen(encoded), false, &decoded, NULL));
	g_assert_cmpstr(decoded, ==, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GPtrArray) pairs = NULL;

	if (!query_read(text, &pairs, NULL))
		return 0;
	g_assert_cmpuint(pairs->len, <=, QUERY_PAIRS_MAX);
	for (guint i = 0; i < pairs->len; i++) {
		const struct query_pair *pair = pairs->pdata[i];

		check_value(pair->name);
		check_value(pair->value);
		g_assert_nonnull(query_value(pairs, pair->name));
	}
	return 0;
}

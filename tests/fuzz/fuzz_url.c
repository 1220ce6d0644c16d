/* SPDX-License-Identifier: MIT */
/* Reaches url_read() and url_write(): what was read is rebuilt to a URL that reads the same. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "text/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autoptr(Url) url = NULL;
	g_autoptr(Url) again = NULL;

	if (!url_read(text, &url, NULL))
		return 0;
	first = url_write(url);
	g_assert_true(url_read(first, &again, NULL));
	second = url_write(again);
	g_assert_cmpstr(first, ==, second);
	g_assert_cmpstr(url->host, ==, again->host);
	g_assert_null(strpbrk(url->host, "@/\\ %"));
	return 0;
}

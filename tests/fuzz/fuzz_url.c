/* SPDX-License-Identifier: MIT */
/*
 * Reaches url_read() and url_write(): what was read is rebuilt to a URL that reads the same, and
 * libcurl sees the same host and port in it.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "tests/fuzz/curl_reading.h"
#include "text/url.h"

static void compare(const struct url *url, const struct url *again)
{
	g_assert_cmpstr(url->scheme, ==, again->scheme);
	g_assert_cmpstr(url->host, ==, again->host);
	g_assert_cmpuint(url->port, ==, again->port);
	g_assert_true(g_strv_equal((const char *const *)url->segments,
				   (const char *const *)again->segments));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *first = NULL;
	g_autofree char *second = NULL;
	g_autoptr(Url) url = NULL;
	g_autoptr(Url) again = NULL;

	if (!url_read(text, &url, NULL))
		return 0;
	g_assert_null(strpbrk(url->host, "@/\\ %"));
	first = url_write(url);
	g_assert_true(url_read(first, &again, NULL));
	compare(url, again);
	second = url_write(again);
	g_assert_cmpstr(first, ==, second);
	curl_reads_the_same(text, url->host, url->port);
	curl_reads_the_same(first, url->host, url->port);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_CURL_READING_H
#define FUZZ_CURL_READING_H

/* The same URL in the eyes of libcurl, which git uses. */

#include <curl/curl.h>
#include <gio/gio.h>
#include <stdbool.h>

/* The part of the URL, which the caller frees with curl_free(); NULL when it has none. */
static inline char *curl_part(CURLU *parsed, CURLUPart part)
{
	char *value = NULL;

	return curl_url_get(parsed, part, &value, 0) == CURLUE_OK ? value : NULL;
}

/* Names differ in their case at most, addresses in how they are written; libcurl keeps brackets. */
static inline bool is_same_host(const char *curl_host, const char *host)
{
	g_autofree char *bare = g_strdup(curl_host);
	g_autoptr(GInetAddress) one = NULL;
	g_autoptr(GInetAddress) other = NULL;

	if (g_ascii_strcasecmp(curl_host, host) == 0)
		return true;
	g_strdelimit(bare, "[]", ' ');
	one = g_inet_address_new_from_string(g_strstrip(bare));
	other = g_inet_address_new_from_string(host);
	return one && other && g_inet_address_equal(one, other);
}

/* Host and port must be these, if libcurl reads the text at all; it gives none of a local file. */
static inline void curl_reads_the_same(const char *text, const char *host, unsigned port)
{
	CURLU *parsed = curl_url();

	if (curl_url_set(parsed, CURLUPART_URL, text, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK) {
		char *curl_host = curl_part(parsed, CURLUPART_HOST);
		char *curl_port = curl_part(parsed, CURLUPART_PORT);
		char *user = curl_part(parsed, CURLUPART_USER);

		g_assert_null(user);
		g_assert_true(curl_host ? is_same_host(curl_host, host)
					: g_ascii_strncasecmp(text, "file:", 5) == 0);
		g_assert_true(!curl_port || port == g_ascii_strtoull(curl_port, NULL, 10));
		curl_free(curl_host);
		curl_free(curl_port);
		curl_free(user);
	}
	curl_url_cleanup(parsed);
}

#endif

/* SPDX-License-Identifier: MIT */
#ifndef WIRE_HTTP_INTERNAL_H
#define WIRE_HTTP_INTERNAL_H

/* The door to libcurl, and what the HTTP files of this room share: handles made our way, and many
 * exchanges at once. */

#include <curl/curl.h>
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define HTTP_HEADERS_MAX 65536 /* bytes of an answer's headers */

/* A handle for http and https without proxies, redirects and netrc, TLS 1.2 or later, an overall
 * time-out in seconds. The caller cleans it up. */
CURL *http_handle_new(const char *url, unsigned timeout);

/* Exchanges 0 to count - 1, of which so many are under way at once. */
struct http_crowd {
	CURLM *multi;
	size_t count;
	unsigned parallel;
	CURL *(*start)(void *data, size_t i);         /* makes the next one's handle; NULL: none */
	void (*finish)(void *data, CURL *, CURLcode); /* takes it back */
	void *data;
};

/* Returns when all are finished. */
void http_crowd_run(const struct http_crowd *crowd);

#endif

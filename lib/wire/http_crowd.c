/* SPDX-License-Identifier: MIT */
#include "wire/http_internal.h"

#define CONNECT_SECONDS   10L
#define MULTI_WAIT_MILLIS 1000

static void *start_curl(void *unused)
{
	(void)unused;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	return NULL;
}

static void allow_http_only(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

CURL *http_handle_new(const char *url, unsigned timeout)
{
	static GOnce once = G_ONCE_INIT;
	CURL *curl;

	g_once(&once, start_curl, NULL);
	curl = curl_easy_init();
	g_assert(curl && timeout > 0);
	allow_http_only(curl);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* or later */
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, MIN(CONNECT_SECONDS, (long)timeout));
	return curl;
}

static unsigned take_finished(const struct http_crowd *crowd)
{
	const CURLMsg *message;
	unsigned finished = 0;
	int left;

	curl_multi_perform(crowd->multi, &left);
	while ((message = curl_multi_info_read(crowd->multi, &left))) {
		const CURLcode code = message->data.result;
		CURL *curl = message->easy_handle;

		curl_multi_remove_handle(crowd->multi, curl);
		crowd->finish(crowd->data, curl, code);
		finished++;
	}
	return finished;
}

static unsigned start_next(const struct http_crowd *crowd, size_t i)
{
	CURL *curl = crowd->start(crowd->data, i);

	if (!curl)
		return 0;
	curl_multi_add_handle(crowd->multi, curl);
	return 1;
}

void http_crowd_run(const struct http_crowd *crowd)
{
	unsigned under_way = 0;
	size_t next = 0;

	while (next < crowd->count || under_way > 0) {
		unsigned finished;

		while (under_way < crowd->parallel && next < crowd->count)
			under_way += start_next(crowd, next++);
		finished = take_finished(crowd);
		under_way -= finished;
		if (finished == 0 && under_way > 0)
			curl_multi_poll(crowd->multi, NULL, 0, MULTI_WAIT_MILLIS, NULL);
	}
}

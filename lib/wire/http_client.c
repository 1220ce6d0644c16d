/* SPDX-License-Identifier: MIT */
#include "wire/http_client.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "wire/http_internal.h"

#define CONNECTIONS_MAX 8L

struct http_client {
	CURLM *multi; /* keeps the connections */
};

/* One POST under way. */
struct exchange {
	const struct http_post *post;
	struct http_answer *answer;
	struct curl_slist *headers;
	size_t header_bytes;
	bool is_refused; /* take did not want more */
	char problem[CURL_ERROR_SIZE];
};

void http_answer_clear(struct http_answer *answer)
{
	g_clear_pointer(&answer->type, g_free);
	g_clear_pointer(&answer->header, g_free);
	g_clear_error(&answer->error);
}

struct http_client *http_client_new(void)
{
	return g_new0(struct http_client, 1);
}

void http_client_free(struct http_client *client)
{
	if (client && client->multi)
		curl_multi_cleanup(client->multi);
	g_free(client);
}

/* Children that are started meanwhile do not get it. */
static curl_socket_t open_socket(void *unused, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)unused;
	(void)purpose;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* The value, if the line is the header of that name. */
static char *header_value(const char *line, size_t length, const char *name)
{
	const size_t start = strlen(name);

	if (length <= start || line[start] != ':' || g_ascii_strncasecmp(line, name, start) != 0)
		return NULL;
	return g_strstrip(g_strndup(line + start + 1, length - start - 1));
}

static void keep_header(char **member, const char *line, size_t length, const char *name)
{
	char *value = header_value(line, length, name);

	if (!value)
		return;
	g_free(*member);
	*member = value;
}

/* An answer may be preceded by others: 100 Continue, 401 while Kerberos negotiates. */
static size_t take_header(char *line, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;
	struct http_answer *answer = exchange->answer;
	const size_t length = size * count;

	exchange->header_bytes += length;
	if (exchange->header_bytes > HTTP_HEADERS_MAX)
		return 0;
	if (length > 5 && memcmp(line, "HTTP/", 5) == 0)
		http_answer_clear(answer);
	keep_header(&answer->type, line, length, "Content-Type");
	if (exchange->post->wanted)
		keep_header(&answer->header, line, length, exchange->post->wanted);
	return length;
}

static unsigned status_of(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

/* Returning another number than was handed in ends the exchange. */
static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	CURL *curl = data;
	struct exchange *exchange = NULL;
	const size_t length = size * count;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &exchange);
	exchange->answer->status = status_of(curl);
	if (exchange->post->take(exchange->post->data, exchange->answer, bytes, length))
		return length;
	exchange->is_refused = true;
	return length + 1;
}

static void set_login(CURL *curl, const struct http_post *post)
{
	if (post->authority)
		curl_easy_setopt(curl, CURLOPT_CAINFO, post->authority);
	if (post->certificate) {
		curl_easy_setopt(curl, CURLOPT_SSLCERT, post->certificate);
		curl_easy_setopt(curl, CURLOPT_KEYPASSWD, ""); /* nobody is there to be asked */
	}
	if (post->key)
		curl_easy_setopt(curl, CURLOPT_SSLKEY, post->key);
	if (!post->negotiate)
		return;
	curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_NEGOTIATE);
	curl_easy_setopt(curl, CURLOPT_USERPWD, ":"); /* the one whom the environment names */
}

static void set_message(CURL *curl, struct exchange *exchange)
{
	const struct http_post *post = exchange->post;

	exchange->headers = curl_slist_append(NULL, "Expect:");
	for (size_t i = 0; post->headers[i]; i++)
		exchange->headers = curl_slist_append(exchange->headers, post->headers[i]);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, exchange->headers);
	curl_easy_setopt(curl, CURLOPT_POST, 1L);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->length);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body);
}

/* What http_post_many() is about. */
struct posts {
	const struct http_post *posts;
	struct http_answer *answers;
	bool is_away; /* one of them did not find the server */
};

static bool is_too_late(const struct posts *posts, const struct http_post *post)
{
	return (post->gives_up && posts->is_away) ||
	       (post->deadline && g_get_monotonic_time() >= post->deadline);
}

static void set_deadline(CURL *curl, const struct http_post *post)
{
	const int64_t left = (post->deadline - g_get_monotonic_time()) / 1000;

	if (post->deadline && left < (int64_t)post->timeout * 1000)
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)MAX(left, 1));
}

static CURL *start_post(void *data, size_t i)
{
	const struct posts *posts = data;
	struct exchange *exchange;
	CURL *curl;

	posts->answers[i] = (struct http_answer){ 0 };
	if (is_too_late(posts, &posts->posts[i]))
		return NULL;
	exchange = g_new0(struct exchange, 1);
	exchange->post = &posts->posts[i];
	exchange->answer = &posts->answers[i];
	curl = http_handle_new(exchange->post->url, exchange->post->timeout);
	set_deadline(curl, exchange->post);
	set_login(curl, exchange->post);
	set_message(curl, exchange);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->problem);
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, exchange->post->is_fresh ? 1L : 0L);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, curl);
	return curl;
}

static void judge_end(const struct exchange *exchange, CURL *curl, CURLcode code)
{
	struct http_answer *answer = exchange->answer;
	curl_off_t micros = 0;
	long sent = 0;

	curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &micros);
	answer->milliseconds = (unsigned)(micros / 1000);
	answer->status = status_of(curl);
	answer->end = HTTP_WHOLE;
	if (code == CURLE_OK)
		return;
	curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
	answer->end = sent > 0 ? HTTP_BROKEN : HTTP_NOT_SENT;
	fail(&answer->error, RIDA_ERROR_UNAVAILABLE, "%s",
	     exchange->is_refused   ? "the answer was refused"
	     : exchange->problem[0] ? exchange->problem
				    : curl_easy_strerror(code));
}

static void finish_post(void *data, CURL *curl, CURLcode code)
{
	struct posts *posts = data;
	struct exchange *exchange = NULL;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &exchange);
	judge_end(exchange, curl, code);
	posts->is_away |= exchange->answer->end == HTTP_NOT_SENT;
	curl_easy_cleanup(curl);
	curl_slist_free_all(exchange->headers);
	g_free(exchange);
}

void http_post_many(struct http_client *client, const struct http_post *posts, size_t count,
		    unsigned parallel, struct http_answer *answers)
{
	struct posts data = { posts, answers, false };
	struct http_crowd crowd = {
		.count = count,
		.parallel = MAX(parallel, 1),
		.start = start_post,
		.finish = finish_post,
		.data = &data,
	};

	if (!client->multi) {
		client->multi = curl_multi_init();
		curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, CONNECTIONS_MAX);
	}
	crowd.multi = client->multi;
	http_crowd_run(&crowd);
}

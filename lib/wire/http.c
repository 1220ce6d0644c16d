/* SPDX-License-Identifier: MIT */
#include "wire/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/address.h"

#define CONNECT_SECONDS   10L
#define LOW_SPEED_BYTES   1000L
#define LOW_SPEED_SECONDS 10L
#define HEADERS_MAX       65536
#define MULTI_WAIT_MILLIS 1000
#define STATUS_OK         200

/* One exchange, and what its callbacks learn. */
struct exchange {
	const struct http_wants *wants;
	CURL *curl;
	char problem[CURL_ERROR_SIZE];
	unsigned refused_addresses;
	unsigned tried_addresses;
	size_t header_bytes;
	int fd;              /* where the body goes; -1: nowhere */
	GChecksum *checksum; /* with fd */
	uint64_t body_bytes;
	bool is_too_large;
	int write_problem; /* errno */
};

static void *start_curl(void *unused)
{
	(void)unused;
	curl_global_init(CURL_GLOBAL_DEFAULT);
	return NULL;
}

/* Vets the address that is connected to, whatever the name said when it was last asked. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct exchange *exchange = data;

	(void)purpose;
	exchange->tried_addresses++;
	if (!exchange->wants->private_addresses && address_is_private(&address->addr)) {
		exchange->refused_addresses++;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t count_header(char *bytes, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;

	(void)bytes;
	exchange->header_bytes += size * count;
	return exchange->header_bytes > HEADERS_MAX ? 0 : size * count;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t done = write(fd, bytes, length);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			bytes += done;
			length -= (size_t)done;
		}
	}
	return true;
}

/* Returning another number than was handed in ends the exchange. */
static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
	struct exchange *exchange = data;
	const size_t length = size * count;
	long status = 0;

	curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	if (exchange->fd < 0 || status != STATUS_OK)
		return length;
	exchange->body_bytes += length;
	exchange->is_too_large = exchange->body_bytes > exchange->wants->max_bytes;
	if (exchange->is_too_large)
		return length + 1;
	g_checksum_update(exchange->checksum, (const guchar *)bytes, (gssize)length);
	if (write_all(exchange->fd, bytes, length))
		return length;
	exchange->write_problem = errno;
	return length + 1;
}

static void allow_http_only(CURL *curl)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
}

static struct exchange *exchange_new(const struct http_wants *wants)
{
	static GOnce once = G_ONCE_INIT;
	struct exchange *exchange = g_new0(struct exchange, 1);
	CURL *curl;

	g_once(&once, start_curl, NULL);
	curl = curl_easy_init();
	g_assert(curl && wants->timeout > 0);
	exchange->wants = wants;
	exchange->curl = curl;
	exchange->fd = -1;
	allow_http_only(curl);
	curl_easy_setopt(curl, CURLOPT_URL, wants->url);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->problem);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2); /* or later */
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "rida");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)wants->timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, MIN(CONNECT_SECONDS, (long)wants->timeout));
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, LOW_SPEED_BYTES);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, LOW_SPEED_SECONDS);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, exchange);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, count_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, exchange);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, exchange);
	return exchange;
}

static void exchange_free(struct exchange *exchange)
{
	curl_easy_cleanup(exchange->curl);
	g_clear_pointer(&exchange->checksum, g_checksum_free);
	g_free(exchange);
}

typedef struct exchange Exchange;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Exchange, exchange_free)

/* Says what libcurl's code means for the caller. */
static bool exchange_judge(const struct exchange *exchange, CURLcode code, GError **error)
{
	const char *url = exchange->wants->url;

	if (code == CURLE_OK)
		return true;
	if (exchange->is_too_large)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "%s is larger than the allowed %" G_GUINT64_FORMAT " bytes", url,
			    exchange->wants->max_bytes);
	if (exchange->write_problem)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s could not be written down: %s", url,
			    g_strerror(exchange->write_problem));
	if (exchange->refused_addresses && exchange->refused_addresses == exchange->tried_addresses)
		return fail(error, RIDA_ERROR_FORBIDDEN,
			    "%s leads to a private address; such servers are used only where the "
			    "configuration allows them",
			    url);
	if (code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_URL_MALFORMAT)
		return fail(error, RIDA_ERROR_MALFORMED, "%s is not an HTTP URL", url);
	return fail(error, RIDA_ERROR_UNAVAILABLE, "%s cannot be reached: %s", url,
		    exchange->problem[0] ? exchange->problem : curl_easy_strerror(code));
}

static unsigned exchange_status(const struct exchange *exchange)
{
	long status = 0;

	curl_easy_getinfo(exchange->curl, CURLINFO_RESPONSE_CODE, &status);
	return (unsigned)status;
}

bool http_send(const struct http_wants *wants, const struct http_message *message,
	       unsigned *ret_status, GError **error)
{
	g_autoptr(Exchange) exchange = exchange_new(wants);
	struct curl_slist *headers = NULL;
	bool is_good;

	for (size_t i = 0; message->headers[i]; i++)
		headers = curl_slist_append(headers, message->headers[i]);
	curl_easy_setopt(exchange->curl, CURLOPT_CUSTOMREQUEST, message->method);
	curl_easy_setopt(exchange->curl, CURLOPT_POSTFIELDS, message->body);
	curl_easy_setopt(exchange->curl, CURLOPT_HTTPHEADER, headers);
	is_good = exchange_judge(exchange, curl_easy_perform(exchange->curl), error);
	if (is_good)
		*ret_status = exchange_status(exchange);
	curl_slist_free_all(headers);
	return is_good;
}

static bool judge_status(const char *url, unsigned status, GError **error)
{
	if (status == STATUS_OK)
		return true;
	if (status == 404 || status == 410)
		return fail(error, RIDA_ERROR_MISSING, "%s does not exist (the server answers %u)",
			    url, status);
	if (status >= 500 || status == 429)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "%s: the server answers %u; try again later", url, status);
	return fail(
		error, RIDA_ERROR_UNACCEPTABLE,
		"%s: the server answers %u; the file itself is wanted, redirections are not followed",
		url, status);
}

bool http_fetch(const struct http_wants *wants, int fd, GChecksumType digest, char **ret_hex,
		GError **error)
{
	g_autoptr(Exchange) exchange = exchange_new(wants);

	exchange->fd = fd;
	exchange->checksum = g_checksum_new(digest);
	if (!exchange_judge(exchange, curl_easy_perform(exchange->curl), error))
		return false;
	if (!judge_status(wants->url, exchange_status(exchange), error))
		return false;
	*ret_hex = g_strdup(g_checksum_get_string(exchange->checksum));
	return true;
}

/* Many exchanges, of which so many are under way. */
struct crowd {
	CURLM *multi;
	const struct http_wants *wants;
	size_t count;
	size_t next;
	unsigned under_way;
	unsigned parallel;
	unsigned *statuses;
	GError **errors;
};

static void crowd_fill(struct crowd *crowd)
{
	for (; crowd->under_way < crowd->parallel && crowd->next < crowd->count; crowd->next++) {
		struct exchange *exchange = exchange_new(&crowd->wants[crowd->next]);

		curl_easy_setopt(exchange->curl, CURLOPT_NOBODY, 1L);
		curl_multi_add_handle(crowd->multi, exchange->curl);
		crowd->under_way++;
	}
}

static void crowd_take(struct crowd *crowd, const CURLMsg *message)
{
	const CURLcode code = message->data.result;
	CURL *curl = message->easy_handle;
	struct exchange *exchange = NULL;
	size_t i;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &exchange);
	i = (size_t)(exchange->wants - crowd->wants);
	if (exchange_judge(exchange, code, &crowd->errors[i]))
		crowd->statuses[i] = exchange_status(exchange);
	curl_multi_remove_handle(crowd->multi, curl);
	exchange_free(exchange);
	crowd->under_way--;
}

static bool crowd_take_finished(struct crowd *crowd)
{
	const CURLMsg *message;
	bool any = false;
	int left;

	curl_multi_perform(crowd->multi, &left);
	while ((message = curl_multi_info_read(crowd->multi, &left))) {
		crowd_take(crowd, message);
		any = true;
	}
	return any;
}

void http_head_many(const struct http_wants *wants, size_t count, unsigned parallel,
		    unsigned *statuses, GError **errors)
{
	struct crowd crowd = {
		.multi = curl_multi_init(),
		.wants = wants,
		.count = count,
		.parallel = MAX(parallel, 1),
		.statuses = statuses,
		.errors = errors,
	};

	for (size_t i = 0; i < count; i++) {
		statuses[i] = 0;
		errors[i] = NULL;
	}
	curl_multi_setopt(crowd.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)crowd.parallel);
	for (crowd_fill(&crowd); crowd.under_way > 0; crowd_fill(&crowd))
		if (!crowd_take_finished(&crowd))
			curl_multi_poll(crowd.multi, NULL, 0, MULTI_WAIT_MILLIS, NULL);
	curl_multi_cleanup(crowd.multi);
}

/* SPDX-License-Identifier: MIT */
#include "wire/http.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/address.h"
#include "wire/http_internal.h"

#define LOW_SPEED_BYTES   1000L
#define LOW_SPEED_SECONDS 10L
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
	return exchange->header_bytes > HTTP_HEADERS_MAX ? 0 : size * count;
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

static struct exchange *exchange_new(const struct http_wants *wants)
{
	struct exchange *exchange = g_new0(struct exchange, 1);
	CURL *curl = http_handle_new(wants->url, wants->timeout);

	exchange->wants = wants;
	exchange->curl = curl;
	exchange->fd = -1;
	curl_easy_setopt(curl, CURLOPT_PRIVATE, exchange);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, exchange->problem);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "rida");
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

/* HEADs under way, and where their outcomes go. */
struct heads {
	const struct http_wants *wants;
	unsigned *statuses;
	GError **errors;
};

static CURL *start_head(void *data, size_t i)
{
	const struct heads *heads = data;
	struct exchange *exchange = exchange_new(&heads->wants[i]);

	curl_easy_setopt(exchange->curl, CURLOPT_NOBODY, 1L);
	return exchange->curl;
}

static void finish_head(void *data, CURL *curl, CURLcode code)
{
	const struct heads *heads = data;
	struct exchange *exchange = NULL;
	size_t i;

	curl_easy_getinfo(curl, CURLINFO_PRIVATE, &exchange);
	i = (size_t)(exchange->wants - heads->wants);
	if (exchange_judge(exchange, code, &heads->errors[i]))
		heads->statuses[i] = exchange_status(exchange);
	exchange_free(exchange);
}

void http_head_many(const struct http_wants *wants, size_t count, unsigned parallel,
		    unsigned *statuses, GError **errors)
{
	struct heads heads = { wants, statuses, errors };
	const struct http_crowd crowd = {
		.multi = curl_multi_init(),
		.count = count,
		.parallel = MAX(parallel, 1),
		.start = start_head,
		.finish = finish_head,
		.data = &heads,
	};

	for (size_t i = 0; i < count; i++) {
		statuses[i] = 0;
		errors[i] = NULL;
	}
	curl_multi_setopt(crowd.multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)crowd.parallel);
	http_crowd_run(&crowd);
	curl_multi_cleanup(crowd.multi);
}

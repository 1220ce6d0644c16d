/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "wire/http.h"

/* After our headers: it defines a macro named fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define BODY_SHA256 "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae" /* foo */

/* A server on loopback that answers by path, each connection in a thread of its own. */
static int listener;
static unsigned port;
static gint connections;
static gint most_connections;
static char last_request[4096]; /* of those for /taken */

static void say(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return;
}

static void wait_for_end(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, 0) > 0)
		continue;
}

static void drip(int fd)
{
	say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		g_usleep(50000);
}

static void pour(int fd, const char *start, const char *piece)
{
	say(fd, start);
	while (send(fd, piece, strlen(piece), MSG_NOSIGNAL) > 0)
		continue;
}

static void answer(int fd, const char *request)
{
	static const struct {
		const char *path;
		const char *text;
	} answers[] = {
		{ " /foo ", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nfoo" },
		{ " /chunked ",
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nf\r\n2\r\noo\r\n0\r\n\r\n" },
		{ " /cut ", "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\nfoo" },
		{ "PATCH /taken ", "HTTP/1.1 202 Accepted\r\nContent-Length: 3\r\n\r\nfoo" },
		{ " /moved ",
		  "HTTP/1.1 302 Found\r\nLocation: /foo\r\nContent-Length: 4\r\n\r\nover" },
		{ " /file ", "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\n\r\n" },
		{ " /broken ", "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy" },
		{ " /secret ", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\n"
			       "Content-Length: 0\r\n\r\n" },
		{ " /", "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno" },
	};

	if (strstr(request, " /hang "))
		wait_for_end(fd);
	else if (strstr(request, " /drip "))
		drip(fd);
	else if (strstr(request, " /endless "))
		pour(fd, "HTTP/1.1 200 OK\r\n\r\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	else if (strstr(request, " /headers "))
		pour(fd, "HTTP/1.1 200 OK\r\n", "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n");
	else
		for (size_t i = 0; i < G_N_ELEMENTS(answers); i++)
			if (strstr(request, answers[i].path)) {
				if (strstr(request, " /foo "))
					g_usleep(20000);
				say(fd, answers[i].text);
				break;
			}
}

/* Keeps a message, whose body of two bytes may come in a packet of its own. */
static void take_message(int fd, char *request, size_t length)
{
	const char *end = strstr(request, "\r\n\r\n");

	if (end && strlen(end) < strlen("\r\n\r\n{}"))
		recv(fd, request + length, strlen("{}"), MSG_WAITALL);
	g_strlcpy(last_request, request, sizeof last_request);
}

static void *serve_one(void *data)
{
	int fd = GPOINTER_TO_INT(data);
	char request[4096] = { 0 };
	size_t length = 0;
	ssize_t more = 1;
	gint now = g_atomic_int_add(&connections, 1) + 1;

	for (gint most = most_connections; now > most; most = most_connections)
		g_atomic_int_compare_and_exchange(&most_connections, most, now);
	while (more > 0 && !strstr(request, "\r\n\r\n") && length < sizeof request - 1) {
		more = recv(fd, request + length, sizeof request - 1 - length, 0);
		length += (size_t)MAX(more, 0);
	}
	if (strstr(request, " /taken "))
		take_message(fd, request, length);
	answer(fd, request);
	g_atomic_int_add(&connections, -1);
	close(fd);
	return NULL;
}

static void *serve(void *unused)
{
	int fd;

	(void)unused;
	while ((fd = accept(listener, NULL, NULL)) >= 0)
		g_thread_unref(g_thread_new("one", serve_one, GINT_TO_POINTER(fd)));
	return NULL;
}

static int start_server(void **state)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof address;

	(void)state;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 64) ||
	    getsockname(listener, (struct sockaddr *)&address, &length))
		return -1;
	port = ntohs(address.sin_port);
	g_thread_unref(g_thread_new("serve", serve, NULL));
	return 0;
}

static char *url_of(const char *path)
{
	return g_strdup_printf("http://127.0.0.1:%u%s", port, path);
}

struct fetched {
	bool is_good;
	GError *error;
	char *hex;
	char *body;
};

static void fetched_clear(struct fetched *fetched)
{
	g_clear_error(&fetched->error);
	g_free(fetched->hex);
	g_free(fetched->body);
}

static struct fetched fetch(const char *path, uint64_t max)
{
	g_autofree char *url = url_of(path);
	g_autofree char *name = NULL;
	struct http_wants wants = {
		.url = url, .timeout = 2, .private_addresses = true, .max_bytes = max
	};
	struct fetched fetched = { 0 };
	int fd = g_file_open_tmp("http.XXXXXX", &name, NULL);

	fetched.is_good = http_fetch(&wants, fd, G_CHECKSUM_SHA256, &fetched.hex, &fetched.error);
	close(fd);
	g_file_get_contents(name, &fetched.body, NULL, NULL);
	g_unlink(name);
	return fetched;
}

static void a_body_is_written_down_with_its_digest(void **state)
{
	static const char *const paths[] = { "/foo", "/chunked" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		struct fetched fetched = fetch(paths[i], 3);

		if (!fetched.is_good)
			fail_msg("%s", fetched.error->message);
		assert_string_equal(fetched.hex, BODY_SHA256);
		assert_string_equal(fetched.body, "foo");
		fetched_clear(&fetched);
	}
}

static void what_goes_wrong_is_told_apart(void **state)
{
	static const struct {
		const char *path;
		RidaError code;
	} cases[] = {
		{ "/missing", RIDA_ERROR_MISSING },     { "/moved", RIDA_ERROR_UNACCEPTABLE },
		{ "/file", RIDA_ERROR_UNACCEPTABLE },   { "/broken", RIDA_ERROR_UNAVAILABLE },
		{ "/secret", RIDA_ERROR_UNACCEPTABLE }, { "/cut", RIDA_ERROR_UNAVAILABLE },
		{ "/hang", RIDA_ERROR_UNAVAILABLE },    { "/drip", RIDA_ERROR_UNAVAILABLE },
		{ "/headers", RIDA_ERROR_UNAVAILABLE },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct fetched fetched = fetch(cases[i].path, 1000);

		assert_false(fetched.is_good);
		assert_null(fetched.hex);
		assert_non_null(strstr(fetched.error->message, cases[i].path));
		if (error_code(fetched.error) != cases[i].code)
			fail_msg("%s: %s", cases[i].path, fetched.error->message);
		fetched_clear(&fetched);
	}
}

static void only_the_body_of_an_answer_200_is_written_down(void **state)
{
	struct fetched missing = fetch("/missing", 1000);
	struct fetched moved = fetch("/moved", 1000);

	(void)state;
	assert_string_equal(missing.body, "");
	assert_string_equal(moved.body, "");
	fetched_clear(&missing);
	fetched_clear(&moved);
}

static void a_body_over_the_cap_ends_the_exchange(void **state)
{
	static const char *const paths[] = { "/foo", "/chunked", "/endless" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		struct fetched fetched = fetch(paths[i], 2);

		assert_false(fetched.is_good);
		assert_int_equal(error_code(fetched.error), RIDA_ERROR_UNACCEPTABLE);
		assert_true(strlen(fetched.body) <= 2);
		fetched_clear(&fetched);
	}
}

static void a_full_disk_is_not_the_servers_fault(void **state)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *url = url_of("/foo");
	struct http_wants wants = {
		.url = url, .timeout = 2, .private_addresses = true, .max_bytes = 100
	};
	char *hex = NULL;
	int fd = g_open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_false(http_fetch(&wants, fd, G_CHECKSUM_MD5, &hex, &error));
	close(fd);
	assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
	assert_non_null(strstr(error->message, g_strerror(ENOSPC)));
}

/* One HEAD. */
static bool head(const struct http_wants *wants, unsigned *ret_status, GError **error)
{
	GError *problem = NULL;

	http_head_many(wants, 1, 1, ret_status, &problem);
	if (problem)
		g_propagate_error(error, problem);
	return !problem;
}

static void head_gives_the_servers_status(void **state)
{
	static const struct {
		const char *path;
		unsigned status;
	} cases[] = { { "/foo", 200 }, { "/missing", 404 }, { "/moved", 302 }, { "/broken", 503 } };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *url = url_of(cases[i].path);
		struct http_wants wants = { .url = url, .timeout = 2, .private_addresses = true };
		unsigned status = 0;

		assert_true(head(&wants, &status, NULL));
		assert_int_equal(status, cases[i].status);
	}
}

static void a_message_carries_its_method_headers_and_body(void **state)
{
	static const char *const headers[] = { "X-First: 1", "X_SECOND: 2", NULL };
	g_autofree char *url = url_of("/taken");
	struct http_wants wants = { .url = url, .timeout = 2, .private_addresses = true };
	struct http_message message = { "PATCH", headers, "{}" };
	unsigned status = 0;

	(void)state;
	assert_true(http_send(&wants, &message, &status, NULL));
	assert_int_equal(status, 202);
	assert_non_null(strstr(last_request, "\r\nX-First: 1\r\n"));
	assert_non_null(strstr(last_request, "\r\nX_SECOND: 2\r\n"));
	assert_non_null(strstr(last_request, "\r\nContent-Length: 2\r\n"));
	assert_true(g_str_has_suffix(last_request, "\r\n\r\n{}"));
	message.method = "POST";
	assert_true(http_send(&wants, &message, &status, NULL));
	assert_int_equal(status, 404);
}

static void a_private_address_needs_the_switch(void **state)
{
	static const char *const hosts[] = { "127.0.0.1", "localhost", "0x7f.1", "[::1]",
					     "[::ffff:127.0.0.1]" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *url = g_strdup_printf("http://%s:%u/foo", hosts[i], port);
		struct http_wants wants = { .url = url, .timeout = 2 };
		unsigned status = 0;

		assert_false(head(&wants, &status, &error));
		if (error_code(error) != RIDA_ERROR_FORBIDDEN)
			fail_msg("%s: %s", hosts[i], error->message);
	}
}

static void other_protocols_are_refused(void **state)
{
	static const char *const urls[] = {
		"file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x",
		"dict://127.0.0.1/x", "http://",           ""
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++) {
		g_autoptr(GError) error = NULL;
		struct http_wants wants = { .url = urls[i],
					    .timeout = 2,
					    .private_addresses = true };
		unsigned status = 0;

		assert_false(head(&wants, &status, &error));
		if (error_code(error) != RIDA_ERROR_MALFORMED)
			fail_msg("%s: %s", urls[i], error->message);
	}
}

static void proxies_of_the_environment_are_not_used(void **state)
{
	g_autofree char *url = url_of("/foo");
	struct http_wants wants = { .url = url, .timeout = 2, .private_addresses = true };
	unsigned status = 0;

	(void)state;
	g_setenv("http_proxy", "http://127.0.0.1:1/", TRUE);
	g_setenv("ALL_PROXY", "http://127.0.0.1:1/", TRUE);
	assert_true(head(&wants, &status, NULL));
	assert_int_equal(status, 200);
	g_unsetenv("http_proxy");
	g_unsetenv("ALL_PROXY");
}

#define MANY 40

static void many_heads_run_at_once_but_not_too_many(void **state)
{
	static const char *const paths[] = { "/foo", "/missing", "/foo", "/hang" };
	struct http_wants wants[MANY] = { 0 };
	unsigned statuses[MANY];
	GError *errors[MANY];
	int64_t start = g_get_monotonic_time();

	(void)state;
	for (size_t i = 0; i < MANY; i++) {
		wants[i] = (struct http_wants){ .timeout = 2, .private_addresses = true };
		wants[i].url = url_of(paths[i == 7 ? 3 : i % 3]);
	}
	most_connections = 0;
	http_head_many(wants, MANY, 8, statuses, errors);
	assert_in_range(g_get_monotonic_time() - start, 1900000, 3500000);
	assert_in_range(most_connections, 2, 8);
	for (size_t i = 0; i < MANY; i++) {
		assert_int_equal(statuses[i], i == 7 ? 0 : i % 3 == 1 ? 404 : 200);
		assert_true((i == 7) == (errors[i] != NULL));
		g_free((void *)(uintptr_t)wants[i].url);
	}
	assert_int_equal(error_code(errors[7]), RIDA_ERROR_UNAVAILABLE);
	g_error_free(errors[7]);
}

static void no_heads_at_all_are_fine(void **state)
{
	(void)state;
	http_head_many(NULL, 0, 8, NULL, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_is_written_down_with_its_digest),
		cmocka_unit_test(what_goes_wrong_is_told_apart),
		cmocka_unit_test(only_the_body_of_an_answer_200_is_written_down),
		cmocka_unit_test(a_body_over_the_cap_ends_the_exchange),
		cmocka_unit_test(a_full_disk_is_not_the_servers_fault),
		cmocka_unit_test(head_gives_the_servers_status),
		cmocka_unit_test(a_message_carries_its_method_headers_and_body),
		cmocka_unit_test(a_private_address_needs_the_switch),
		cmocka_unit_test(other_protocols_are_refused),
		cmocka_unit_test(proxies_of_the_environment_are_not_used),
		cmocka_unit_test(many_heads_run_at_once_but_not_too_many),
		cmocka_unit_test(no_heads_at_all_are_fine),
	};

	return cmocka_run_group_tests(tests, start_server, NULL);
}

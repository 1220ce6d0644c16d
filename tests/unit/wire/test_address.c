/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "wire/address.h"

/* After our headers: it defines a macro named fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static const char *const private_texts[] = {
	"0.0.0.0",
	"0.1.2.3",
	"10.0.0.1",
	"10.255.255.255",
	"100.64.0.1",
	"100.127.255.255",
	"127.0.0.1",
	"127.255.0.1",
	"169.254.169.254",
	"172.16.0.1",
	"172.31.255.255",
	"192.0.0.8",
	"192.0.2.1",
	"192.88.99.1",
	"192.168.0.1",
	"198.18.0.1",
	"198.19.255.255",
	"198.51.100.7",
	"203.0.113.9",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.1",
	"255.255.255.255",
	"::",
	"::1",
	"::7f00:1",
	"::ffff:127.0.0.1",
	"::ffff:10.1.2.3",
	"::ffff:169.254.169.254",
	"64:ff9b::127.0.0.1",
	"64:ff9b::169.254.169.254",
	"64:ff9b:1::8.8.8.8",
	"100::1",
	"2001::1",
	"2001:db8::1",
	"2002:7f00:1::",
	"2002:a9fe:a9fe::1",
	"2002:0a00:0001::1",
	"3fff:0fff::1",
	"4000::1",
	"5f00::1",
	"fc00::1",
	"fd12:3456::1",
	"fe80::1",
	"fec0::1",
	"ff02::1",
};

static const char *const public_texts[] = {
	"1.1.1.1",         "8.8.8.8",         "9.255.255.255",    "11.0.0.0",
	"100.63.255.255",  "100.128.0.0",     "126.255.255.255",  "128.0.0.0",
	"169.253.255.255", "169.255.0.0",     "172.15.255.255",   "172.32.0.0",
	"192.0.1.0",       "192.167.255.255", "192.169.0.0",      "198.17.255.255",
	"198.20.0.0",      "223.255.255.255", "2600::1",          "2001:4860:4860::8888",
	"2a00:1450::1",    "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:0808:0808::1",
	"2001:db9::1",     "3fff:1000::1",
};

static bool judge(const char *text)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_is_private((const struct sockaddr *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_is_private((const struct sockaddr *)&v6);
}

static void addresses_that_are_not_public_are_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(private_texts); i++)
		if (!judge(private_texts[i]))
			fail_msg("%s counts as public", private_texts[i]);
}

static void public_addresses_are_let_through(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(public_texts); i++)
		if (judge(public_texts[i]))
			fail_msg("%s counts as private", public_texts[i]);
}

static void what_is_no_internet_address_is_not_public(void **state)
{
	const struct sockaddr address = { .sa_family = AF_UNIX };

	(void)state;
	assert_true(address_is_private(&address));
}

static bool resolve(const char *host, bool private_addresses, char ***ret, GError **error)
{
	const struct address_wants wants = {
		.host = host, .port = 443, .private_addresses = private_addresses, .timeout = 20
	};

	return address_resolve(&wants, ret, error);
}

static void a_private_server_needs_the_switch(void **state)
{
	static const char *const hosts[] = { "127.0.0.1",   "127.1",           "0x7f000001",
					     "2130706433",  "localhost",       "::1",
					     "0",           "169.254.169.254", "10.0.0.1",
					     "017700000001" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(GStrv) texts = NULL;

		assert_false(resolve(hosts[i], false, &texts, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_FORBIDDEN);
		assert_non_null(strstr(error->message, hosts[i]));
		assert_null(texts);
		assert_true(resolve(hosts[i], true, &texts, NULL));
		assert_non_null(texts[0]);
	}
}

static void an_address_is_its_own_resolution(void **state)
{
	static const char *const hosts[] = { "8.8.8.8", "2600::1" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
		g_auto(GStrv) texts = NULL;

		assert_true(resolve(hosts[i], false, &texts, NULL));
		assert_int_equal(g_strv_length(texts), 1);
		assert_string_equal(texts[0], hosts[i]);
	}
}

/* A socket of 127.0.0.1 that listens. */
static int listen_here(unsigned *ret_port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_int_equal(listen(fd, 8), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*ret_port = ntohs(address.sin_port);
	return fd;
}

static void the_first_address_that_answers_is_the_reachable_one(void **state)
{
	static const struct {
		const char *addresses;
		const char *reachable;
	} rows[] = {
		{ "127.0.0.1", "127.0.0.1" },
		{ "127.0.0.9", "127.0.0.9" },
		{ "::1 127.0.0.1", "127.0.0.1" },
		{ "127.0.0.1 ::1", "127.0.0.1" },
		{ "127.0.0.9 127.0.0.8 127.0.0.1", "127.0.0.1" },
		{ "127.0.0.9 127.0.0.1 127.0.0.8", "127.0.0.1" },
		{ "127.0.0.9 127.0.0.8", "127.0.0.8" },
	};
	struct address_wants wants = { .host = "git.test", .timeout = 20 };
	int fd = listen_here(&wants.port);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(GStrv) addresses = g_strsplit(rows[i].addresses, " ", -1);

		assert_string_equal(address_reachable(addresses, &wants), rows[i].reachable);
	}
	close(fd);
}

/* The second connection to a socket whose queue is full gets no answer. */
static void an_address_that_does_not_answer_takes_only_its_share(void **state)
{
	g_auto(GStrv) addresses = g_strsplit("127.0.0.1 127.0.0.9", " ", -1);
	struct address_wants wants = { .host = "git.test", .timeout = 1 };
	const int64_t begin = g_get_monotonic_time();
	int fd = listen_here(&wants.port);

	(void)state;
	assert_int_equal(listen(fd, 0), 0);
	assert_string_equal(address_reachable(addresses, &wants), "127.0.0.1");
	assert_string_equal(address_reachable(addresses, &wants), "127.0.0.9");
	assert_in_range(g_get_monotonic_time() - begin, 300000, 10000000);
	close(fd);
}

static void a_name_without_an_address_is_not_available(void **state)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) texts = NULL;

	(void)state;
	assert_false(resolve("no-such-host.invalid", true, &texts, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
	assert_non_null(strstr(error->message, "no-such-host.invalid"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_that_are_not_public_are_known),
		cmocka_unit_test(public_addresses_are_let_through),
		cmocka_unit_test(what_is_no_internet_address_is_not_public),
		cmocka_unit_test(a_private_server_needs_the_switch),
		cmocka_unit_test(an_address_is_its_own_resolution),
		cmocka_unit_test(the_first_address_that_answers_is_the_reachable_one),
		cmocka_unit_test(an_address_that_does_not_answer_takes_only_its_share),
		cmocka_unit_test(a_name_without_an_address_is_not_available),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

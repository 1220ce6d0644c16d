/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "wire/broker_message.h"
#include "wire/broker_url.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void a_url_says_where_the_broker_is(void **state)
{
	static const struct {
		const char *text, *host, *vhost;
		unsigned port;
		bool is_secure;
	} cases[] = {
		{ "amqp://broker.example", "broker.example", "/", 5672, false },
		{ "amqps://broker.example", "broker.example", "/", 5671, true },
		{ "amqp://broker.example/", "broker.example", "/", 5672, false },
		{ "amqp://broker.example:1234/", "broker.example", "/", 1234, false },
		{ "AMQPS://Broker.Example:1234/rida", "broker.example", "rida", 1234, true },
		{ "amqps://rabbitmq.example/%2Fpubsub", "rabbitmq.example", "/pubsub", 5671, true },
		{ "amqps://rabbitmq.example/%2fpublic_pubsub", "rabbitmq.example", "/public_pubsub",
		  5671, true },
		{ "amqp://[::1]:5673/a%20b%25c", "::1", "a b%c", 5673, false },
		{ "amqp://127.0.0.1/%c3%a9t%c3%a9", "127.0.0.1", "\xc3\xa9t\xc3\xa9", 5672, false },
		{ "amqp://broker.example/..", "broker.example", "..", 5672, false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct broker_url url = { 0 };
		g_autoptr(GError) error = NULL;

		if (!broker_url_read(cases[i].text, &url, &error))
			fail_msg("%s: %s", cases[i].text, error->message);
		assert_string_equal(url.host, cases[i].host);
		assert_string_equal(url.vhost, cases[i].vhost);
		assert_int_equal(url.port, cases[i].port);
		assert_int_equal(url.is_secure, cases[i].is_secure);
		broker_url_clear(&url);
		assert_null(url.host);
	}
}

static void what_is_no_url_of_a_broker_is_refused(void **state)
{
	g_autofree char *long_name = g_strnfill(BROKER_TEXT_MAX + 1, 'v');
	g_autofree char *long_vhost = g_strconcat("amqp://broker.example/", long_name, NULL);
	g_autofree char *filler = g_strnfill(3000, 'v');
	g_autofree char *long_url = g_strconcat("amqp://broker.example/", filler, NULL);
	const struct {
		const char *text, *problem;
	} cases[] = {
		{ "", "scheme://" },
		{ "broker.example", "scheme://" },
		{ "broker.example:5672/a", "scheme://" },
		{ "https://broker.example/", "amqp://" },
		{ "amqpx://broker.example/", "amqp://" },
		{ "amqp://", "no host" },
		{ "amqp:///vhost", "no host" },
		{ "amqp://guest:guest@broker.example/", "user" },
		{ "amqp://broker.example:0/", "port" },
		{ "amqp://broker.example:65536/", "port" },
		{ "amqp://bro ker.example/", "host" },
		{ "amqp://broker.example//pubsub", "%2F" },
		{ "amqp://broker.example/a/b", "%2F" },
		{ "amqp://broker.example/a/", "%2F" },
		{ "amqp://broker.example/a?heartbeat=1", "%3F" },
		{ "amqp://broker.example/a#b", "%23" },
		{ "amqp://broker.example?heartbeat=1", "\"?\"" },
		{ "amqp://broker.example#b", "\"#\"" },
		{ "amqp://broker.example/%", "percent" },
		{ "amqp://broker.example/%2", "percent" },
		{ "amqp://broker.example/%zz", "percent" },
		{ "amqp://broker.example/a%00b", "percent" },
		{ "amqp://broker.example/%ff", "UTF-8" },
		{ long_vhost, "255" },
		{ long_url, "2048" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct broker_url url = { 0 };
		g_autoptr(GError) error = NULL;

		if (broker_url_read(cases[i].text, &url, &error))
			fail_msg("%s was read", cases[i].text);
		if (error_code(error) != RIDA_ERROR_MALFORMED ||
		    !strstr(error->message, cases[i].problem))
			fail_msg("%s: %s", cases[i].text, error->message);
		assert_null(url.host);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_url_says_where_the_broker_is),
		cmocka_unit_test(what_is_no_url_of_a_broker_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

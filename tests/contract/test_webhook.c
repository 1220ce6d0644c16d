/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "contract/bus_sending.h"
#include "contract/peer.h"
#include "ports/bus/bus.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* What webhooks promise beside the contract of every bus, against a receiver that is told how to
 * behave by the path. */

static const char body[] = "{\"id\": 42, \"state_name\": \"gr\xc3\xbcn\"}";

static struct bus_options options_at(const char *url)
{
	return (struct bus_options){ .topic_prefix = "org.example",
				     .url = url,
				     .password_file = peer_receiver()->secret,
				     .window = 100,
				     .timeout = 1 };
}

static struct bus *open_at(const char *url)
{
	const struct bus_options options = options_at(url);

	return open_or_fail(&bus_webhook, &options);
}

/* One message to the receiver that behaves so. */
static bool send_to(const char *mode, struct bus_outcome *outcome, GError **error)
{
	g_autofree char *url = g_strconcat(peer_receiver()->url, "/", mode, NULL);
	const struct bus_options options = options_at(url);
	const struct bus_message message = message_of("m1", body);

	return send_one(&bus_webhook, &options, &message, outcome, error);
}

static void each_answer_has_its_verdict(void **state)
{
	static const struct {
		const char *mode;
		enum bus_verdict verdict;
		unsigned status;
		const char *problem; /* its start */
	} cases[] = {
		{ "200", BUS_ACCEPTED, 200, "I say 200" },
		{ "204", BUS_ACCEPTED, 204, NULL },
		{ "299", BUS_ACCEPTED, 299, "I say 299" },
		{ "304", BUS_REFUSED, 304, "HTTP 304, redirections are not followed" },
		{ "400", BUS_REFUSED, 400, "HTTP 400: I say 400" },
		{ "401", BUS_REFUSED, 401, "HTTP 401" },
		{ "403", BUS_REFUSED, 403, "HTTP 403" },
		{ "404", BUS_REFUSED, 404, "HTTP 404" },
		{ "408", BUS_DELAYED, 408, "HTTP 408" },
		{ "410", BUS_REFUSED, 410, "HTTP 410" },
		{ "413", BUS_UNFIT, 413, "HTTP 413" },
		{ "422", BUS_UNFIT, 422, "HTTP 422" },
		{ "425", BUS_DELAYED, 425, "HTTP 425" },
		{ "429", BUS_DELAYED, 429, "HTTP 429" },
		{ "499", BUS_REFUSED, 499, "HTTP 499" },
		{ "500", BUS_DELAYED, 500, "HTTP 500" },
		{ "503", BUS_DELAYED, 503, "HTTP 503: I say 503" },
		{ "600", BUS_REFUSED, 600, "HTTP 600" },
		{ "redirect", BUS_REFUSED, 307, "HTTP 307, redirections are not followed" },
		{ "endless", BUS_ACCEPTED, 200, "thanks thanks" },
		{ "hostile", BUS_ACCEPTED, 200,
		  "<script>alert(1)</script> [31m\xef\xbf\xbd  X: y" },
		{ "drip", BUS_DELAYED, 200, "Operation timed out" },
		{ "hang", BUS_DELAYED, 0, "Operation timed out" },
		{ "half", BUS_DELAYED, 200, "" },
		{ "cut", BUS_DELAYED, 0, "" },
		{ "noise", BUS_DELAYED, 0, "" },
		{ "huge-headers", BUS_DELAYED, 200, "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct bus_outcome outcome = { 0 };
		g_autoptr(GError) error = NULL;

		print_message("%s\n", cases[i].mode);
		assert_true(send_to(cases[i].mode, &outcome, &error));
		assert_int_equal(outcome.verdict, cases[i].verdict);
		assert_int_equal(outcome.status, cases[i].status);
		assert_int_equal(!!outcome.problem, !!cases[i].problem);
		if (cases[i].problem && !g_str_has_prefix(outcome.problem, cases[i].problem))
			fail_msg("%s: %s", cases[i].mode, outcome.problem);
		assert_true(!outcome.problem || strlen(outcome.problem) <= 1100);
		bus_outcome_clear(&outcome);
	}
}

static void what_arrives_is_signed_and_named(void **state)
{
	struct bus_outcome outcome = { 0 };

	(void)state;
	peer_forget_log(peer_receiver());
	assert_true(send_to("200", &outcome, NULL));
	bus_outcome_clear(&outcome);
	peer_has_heard(peer_receiver(), "signature", "good");
	peer_has_heard(peer_receiver(), "id", "m1");
	peer_has_heard(peer_receiver(), "topic", "org.example.module.state.change");
	peer_has_heard(peer_receiver(), "type", "application/json");
}

static guint distinct(GPtrArray *texts)
{
	g_autoptr(GHashTable) set = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < texts->len; i++)
		g_hash_table_add(set, texts->pdata[i]);
	return g_hash_table_size(set);
}

static void many_go_over_a_few_connections_that_are_kept(void **state)
{
	enum { COUNT = 100 };
	g_autofree char *url = g_strconcat(peer_receiver()->url, "/200", NULL);
	struct bus_message messages[COUNT];
	struct bus_outcome outcomes[COUNT] = { 0 };
	struct bus *bus = open_at(url);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) ids = NULL;
	g_autoptr(GPtrArray) ports = NULL;

	(void)state;
	peer_forget_log(peer_receiver());
	number_messages(messages, COUNT, body);
	if (!bus_webhook.send_many(bus, messages, COUNT,
				   g_get_monotonic_time() + 20 * G_USEC_PER_SEC, outcomes, &error))
		fail_msg("%s", error->message);
	bus_webhook.close(bus);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(outcomes[i].verdict, BUS_ACCEPTED);
		bus_outcome_clear(&outcomes[i]);
	}
	ids = peer_heard(peer_receiver(), "id");
	ports = peer_heard(peer_receiver(), "port");
	assert_int_equal(distinct(ids), COUNT);
	assert_in_range(distinct(ports), 1, 8);
}

static void a_deadline_that_has_come_leaves_all_unsent(void **state)
{
	g_autofree char *url = g_strconcat(peer_receiver()->url, "/200", NULL);
	const struct bus_message message = message_of("late", body);
	struct bus_outcome outcome = { 0 };
	struct bus *bus = open_at(url);

	(void)state;
	assert_true(
		bus_webhook.send_many(bus, &message, 1, g_get_monotonic_time(), &outcome, NULL));
	assert_int_equal(outcome.verdict, BUS_UNSENT);
	assert_null(outcome.problem);
	bus_webhook.close(bus);
}

static void nobody_there_is_told_at_once_without_the_path(void **state)
{
	enum { COUNT = 50 };
	struct bus_message messages[COUNT];
	struct bus_outcome outcomes[COUNT] = { 0 };
	struct bus *bus = open_at("http://127.0.0.1:1/token-that-is-secret");
	g_autoptr(GError) error = NULL;
	unsigned tried = 0;

	(void)state;
	number_messages(messages, COUNT, body);
	assert_false(bus_webhook.send_many(bus, messages, COUNT,
					   g_get_monotonic_time() + 20 * G_USEC_PER_SEC, outcomes,
					   &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	assert_non_null(strstr(error->message, "http://127.0.0.1:1"));
	assert_null(strstr(error->message, "secret"));
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(outcomes[i].verdict, BUS_UNSENT);
		tried += outcomes[i].problem != NULL;
		bus_outcome_clear(&outcomes[i]);
	}
	assert_in_range(tried, 1, 8);
	bus_webhook.close(bus);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *url, *secret, *words;
		RidaError code;
	} cases[] = {
		{ "", "", "webhook_url is wanted", RIDA_ERROR_UNACCEPTABLE },
		{ "ftp://x.example/", "", "https://", RIDA_ERROR_UNACCEPTABLE },
		{ "https://u:p@x.example/", "", "webhook_url", RIDA_ERROR_MALFORMED },
		{ "https://x.example/", "", "webhook_secret_file", RIDA_ERROR_UNACCEPTABLE },
		{ "https://x.example/", "/nonexistent", "/nonexistent", RIDA_ERROR_UNAVAILABLE },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct bus_options options = { .topic_prefix = "",
						     .url = cases[i].url,
						     .password_file = cases[i].secret };
		g_autoptr(GError) error = NULL;
		struct bus *bus = NULL;

		assert_false(bus_webhook.open(&options, &bus, &error));
		assert_int_equal(error->code, cases[i].code);
		if (!strstr(error->message, cases[i].words))
			fail_msg("%s", error->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_its_verdict),
		cmocka_unit_test(what_arrives_is_signed_and_named),
		cmocka_unit_test(many_go_over_a_few_connections_that_are_kept),
		cmocka_unit_test(a_deadline_that_has_come_leaves_all_unsent),
		cmocka_unit_test(nobody_there_is_told_at_once_without_the_path),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

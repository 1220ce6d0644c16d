/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/resource.h>

#include "base/error.h"
#include "contract/bus_sending.h"
#include "contract/peer.h"
#include "ports/bus/bus.h"
#include "wire/amqp1.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* What AMQP 1.0 promises beside the contract of every bus, against a broker whose addresses say how
 * it behaves. */

static const char body[] =
	"{\"id\": 42, \"state\": 5, \"state_name\": \"ready\", \"name\": \"bash\", "
	"\"stream\": \"f40\", \"component_builds\": [1, 2]}";

static struct bus_options options_at(const char *url, const char *address)
{
	return (struct bus_options){ .topic_prefix = "org.example",
				     .url = url,
				     .user = "",
				     .address = address,
				     .window = 8,
				     .timeout = 1,
				     .listen_queue = "hints" };
}

static struct bus *open_at(const char *url, const char *address)
{
	const struct bus_options options = options_at(url, address);

	return open_or_fail(&bus_amqp1, &options);
}

static bool send_to(const char *address, struct bus_outcome *outcome, GError **error)
{
	const struct bus_options options = options_at(peer_amqp1()->url, address);
	const struct bus_message message = message_of("m1", body);

	return send_one(&bus_amqp1, &options, &message, outcome, error);
}

static void each_answer_has_its_verdict(void **state)
{
	static const struct {
		const char *mode;
		enum bus_verdict verdict;
		bool is_there;
		const char *problem; /* part of it, or of the error */
	} cases[] = {
		{ "fine", BUS_ACCEPTED, true, NULL },
		{ "slow", BUS_ACCEPTED, true, NULL },
		{ "released", BUS_DELAYED, true, "gave the message back" },
		{ "modified", BUS_DELAYED, true, "gave the message back" },
		{ "rejected", BUS_REFUSED, true, "without a reason" },
		{ "amqp:unauthorized-access", BUS_REFUSED, true, "as you wished" },
		{ "amqp:not-allowed", BUS_REFUSED, true, "amqp:not-allowed" },
		{ "amqp:link:message-size-exceeded", BUS_UNFIT, true, "size-exceeded" },
		{ "amqp:decode-error", BUS_UNFIT, true, "decode" },
		{ "amqp:resource-limit-exceeded", BUS_DELAYED, true, "limit" },
		{ "amqp:of-the-future", BUS_REFUSED, true, "future" },
		{ "refused", BUS_REFUSED, true, "you may not send there" },
		{ "settled", BUS_UNSENT, true, NULL },
		{ "detach", BUS_UNSENT, true, "go away" },
		{ "close", BUS_UNSENT, false, "going down" },
		{ "drop", BUS_UNSENT, false, "cannot be used" },
		{ "stall", BUS_UNSENT, false, "did not answer in time" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *address = g_strconcat("topic://", cases[i].mode, "/{topic}", NULL);
		const int64_t start = g_get_monotonic_time();
		struct bus_outcome outcome = { 0 };
		g_autoptr(GError) error = NULL;
		const char *words;

		print_message("%s\n", cases[i].mode);
		assert_int_equal(send_to(address, &outcome, &error), cases[i].is_there);
		assert_in_range(g_get_monotonic_time() - start, 0, 4 * G_USEC_PER_SEC);
		assert_int_equal(outcome.verdict, cases[i].verdict);
		words = error ? error->message : outcome.problem;
		assert_int_equal(!!words, !!cases[i].problem);
		if (words && !strstr(words, cases[i].problem))
			fail_msg("%s: %s", cases[i].mode, words);
		bus_outcome_clear(&outcome);
	}
}

/* What nobody can have sent ends the connection, or is as if it had not been said. */
static void b02_what_a_broker_forges_confirms_nothing(void **state)
{
	static const struct {
		const char *mode, *words;
	} cases[] = {
		{ "4gb", "malformed frame" },
		{ "128mb", "malformed frame" },
		{ "short", "malformed frame" },
		{ "offset", "malformed frame" },
		{ "noise", "malformed frame" },
		{ "channel", "no such channel" },
		{ "transfer", "no such handle" },
		{ "others", "illegal delivery range" },
		{ "deep", "did not answer in time" },
		{ "endless-heartbeat", "did not answer in time" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *address = g_strconcat("topic://", cases[i].mode, "/x", NULL);
		const int64_t start = g_get_monotonic_time();
		struct bus_outcome outcome = { 0 };
		g_autoptr(GError) error = NULL;

		assert_false(send_to(address, &outcome, &error));
		if (!strstr(error->message, cases[i].words))
			fail_msg("%s: %s", cases[i].mode, error->message);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
		assert_in_range(g_get_monotonic_time() - start, 0, 4 * G_USEC_PER_SEC);
		assert_int_equal(outcome.verdict, BUS_UNSENT);
		bus_outcome_clear(&outcome);
	}
}

static void what_arrives_can_be_filtered(void **state)
{
	struct bus_outcome outcome = { 0 };

	(void)state;
	peer_forget_log(peer_amqp1());
	assert_true(send_to("topic://VirtualTopic.{topic}", &outcome, NULL));
	bus_outcome_clear(&outcome);
	peer_has_heard(peer_amqp1(), "id", "m1");
	peer_has_heard(peer_amqp1(), "address",
		       "topic://VirtualTopic.org.example.module.state.change");
	peer_has_heard(peer_amqp1(), "subject", "org.example.module.state.change");
	peer_has_heard(peer_amqp1(), "type", "application/json");
	peer_has_heard(peer_amqp1(), "durable", "True");
	peer_has_heard(peer_amqp1(), "properties",
		       "{\"id\": 42, \"state\": 5, \"state_name\": \"ready\", "
		       "\"name\": \"bash\", \"stream\": \"f40\"}");
}

static void many_are_sent_in_order(void **state)
{
	enum { COUNT = 1000 };
	struct bus_message messages[COUNT];
	struct bus_outcome outcomes[COUNT] = { 0 };
	struct bus *bus = open_at(peer_amqp1()->url, "topic://many");
	g_autoptr(GPtrArray) ids = NULL;

	(void)state;
	peer_forget_log(peer_amqp1());
	number_messages(messages, COUNT, body);
	assert_true(bus_amqp1.send_many(bus, messages, COUNT,
					g_get_monotonic_time() + 30 * G_USEC_PER_SEC, outcomes,
					NULL));
	bus_amqp1.close(bus);
	ids = peer_heard(peer_amqp1(), "id");
	assert_int_equal(ids->len, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(outcomes[i].verdict, BUS_ACCEPTED);
		assert_string_equal(ids->pdata[i], messages[i].id);
		bus_outcome_clear(&outcomes[i]);
	}
}

static void without_credit_nothing_is_waited_for_beyond_the_time(void **state)
{
	enum { COUNT = 8 };
	struct bus_message messages[COUNT];
	struct bus_outcome outcomes[COUNT] = { 0 };
	struct bus *bus = open_at(peer_amqp1()->url, "topic://slow");
	const int64_t start = g_get_monotonic_time();

	(void)state;
	number_messages(messages, COUNT, body);
	assert_false(bus_amqp1.send_many(bus, messages, COUNT, start + 30 * G_USEC_PER_SEC,
					 outcomes, NULL));
	assert_in_range(g_get_monotonic_time() - start, 0, 10 * G_USEC_PER_SEC);
	for (unsigned i = 0; i < COUNT; i++) {
		assert_int_equal(outcomes[i].verdict, i < 4 ? BUS_ACCEPTED : BUS_UNSENT);
		bus_outcome_clear(&outcomes[i]);
	}
	bus_amqp1.close(bus);
}

static GPtrArray *receive(struct bus *bus, unsigned limit)
{
	g_autoptr(GError) error = NULL;
	GPtrArray *hints = NULL;

	if (!bus_amqp1.receive_many(bus, limit, &hints, &error))
		fail_msg("%s", error->message);
	return hints;
}

/* Takes all there is, in two portions; how many hints that were. */
static guint hints_in(struct bus *bus)
{
	g_autoptr(GPtrArray) first = receive(bus, 1);
	g_autoptr(GPtrArray) rest = receive(bus, 100);

	return first->len + rest->len;
}

static void hints_come_again_until_they_are_dealt_with(void **state)
{
	struct bus *bus = open_at(peer_amqp1()->url, "topic://any");
	g_autoptr(GPtrArray) first = receive(bus, 1);
	g_autoptr(GPtrArray) rest = receive(bus, 100);
	const struct bus_hint *hint;

	(void)state;
	assert_int_equal(first->len, 1);
	assert_int_equal(rest->len, 1);
	hint = first->pdata[0];
	assert_string_equal(hint->topic, "topic://VirtualTopic.eng.brew.build.complete");
	assert_string_equal(hint->body, "{\"new\": 1}");
	hint = rest->pdata[0];
	assert_string_equal(hint->topic, "buildsys.tag");
	assert_string_equal(hint->body, "{\"tag\": \"f40\"}");
	bus_amqp1.close(bus);
	bus = open_at(peer_amqp1()->url, "topic://any");
	assert_int_equal(hints_in(bus), 2);
	assert_true(bus_amqp1.acknowledge(bus, NULL));
	assert_int_equal(hints_in(bus), 0);
	bus_amqp1.close(bus);
	bus = open_at(peer_amqp1()->url, "topic://any");
	assert_int_equal(hints_in(bus), 0);
	assert_true(bus_amqp1.acknowledge(bus, NULL));
	bus_amqp1.close(bus);
}

/* Fails to take from that queue. */
static char *refusal_of(const char *queue)
{
	struct bus_options options = options_at(peer_amqp1()->url, "topic://any");
	g_autoptr(GError) error = NULL;
	GPtrArray *hints = NULL;
	struct bus *bus = NULL;

	options.listen_queue = queue;
	assert_true(bus_amqp1.open(&options, &bus, NULL));
	assert_false(bus_amqp1.receive_many(bus, 10, &hints, &error));
	bus_amqp1.close(bus);
	return g_strdup(error->message);
}

static void a_queue_that_is_not_there_is_named(void **state)
{
	g_autofree char *refusal = refusal_of("elsewhere");

	(void)state;
	assert_non_null(strstr(refusal, "elsewhere"));
	assert_non_null(strstr(refusal, "there is no such queue"));
}

static long most_kilobytes(void)
{
	struct rusage usage = { 0 };

	assert_int_equal(getrusage(RUSAGE_SELF, &usage), 0);
	return usage.ru_maxrss;
}

static void b02_a_message_without_end_is_not_kept(void **state)
{
	const long before = most_kilobytes();
	g_autofree char *refusal = refusal_of("endless");

	(void)state;
	assert_non_null(strstr(refusal, "did not answer in time"));
	/* A checking allocator keeps what was freed for a while. */
	assert_in_range(most_kilobytes() - before, 0, 200000);
}

static void nobody_there_is_told_in_time(void **state)
{
	const struct bus_message message = message_of("m", body);
	struct bus_outcome outcome = { 0 };
	struct bus *bus = open_at("amqp://127.0.0.1:1", "topic://any");
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(bus_amqp1.send_many(
		bus, &message, 1, g_get_monotonic_time() + 5 * G_USEC_PER_SEC, &outcome, &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	assert_int_equal(outcome.verdict, BUS_UNSENT);
	bus_amqp1.close(bus);
}

static void options_that_make_no_sense_are_refused(void **state)
{
	static const struct {
		const char *url, *address, *user, *password_file, *words;
		RidaError code;
	} cases[] = {
		{ "amqp://x.example", "", "", "", "bus_address is wanted",
		  RIDA_ERROR_UNACCEPTABLE },
		{ "https://x.example", "any", "", "", "amqps://", RIDA_ERROR_MALFORMED },
		{ "amqp://x.example", "any", "ann", "", "bus_password_file is wanted",
		  RIDA_ERROR_UNACCEPTABLE },
		{ "amqp://x.example", "any", "ann", "/nonexistent", "/nonexistent",
		  RIDA_ERROR_UNAVAILABLE },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct bus_options options = options_at(cases[i].url, cases[i].address);
		g_autoptr(GError) error = NULL;
		struct bus *bus = NULL;

		options.user = cases[i].user;
		options.password_file = cases[i].password_file;
		assert_false(bus_amqp1.open(&options, &bus, &error));
		assert_int_equal(error->code, cases[i].code);
		if (!strstr(error->message, cases[i].words))
			fail_msg("%s", error->message);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_answer_has_its_verdict),
		cmocka_unit_test(b02_what_a_broker_forges_confirms_nothing),
		cmocka_unit_test(what_arrives_can_be_filtered),
		cmocka_unit_test(many_are_sent_in_order),
		cmocka_unit_test(without_credit_nothing_is_waited_for_beyond_the_time),
		cmocka_unit_test(hints_come_again_until_they_are_dealt_with),
		cmocka_unit_test(a_queue_that_is_not_there_is_named),
		cmocka_unit_test(b02_a_message_without_end_is_not_kept),
		cmocka_unit_test(nobody_there_is_told_in_time),
		cmocka_unit_test(options_that_make_no_sense_are_refused),
	};

	if (!amqp1_is_built_in(NULL))
		return 77;
	return cmocka_run_group_tests(tests, NULL, NULL);
}

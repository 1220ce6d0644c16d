/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "ports/bus/fedora.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NOW (INT64_C(1543433597999999)) /* 2018-11-28T19:33:17.999999Z */

static const struct bus_options options = { .topic_prefix = "org.example",
					    .exchange = "amq.topic" };

static const struct bus_message sample = { .id = "5e9d8468-0000-4000-8000-000000000001",
					   .topic = "module.state.change",
					   .body = "{\"id\": 42}",
					   .name = "bash",
					   .owner = "ann",
					   .severity = 30,
					   .at = NOW + G_USEC_PER_SEC };

/* All headers in their order, as "name=value ". */
static char *headers_of(const struct broker_message *message)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < message->headers->len; i++) {
		const struct broker_header *header =
			&g_array_index(message->headers, struct broker_header, i);

		g_string_append_printf(text, "%s=", header->name);
		if (header->kind == BROKER_TEXT)
			g_string_append_printf(text, "'%s' ", header->text);
		else if (header->kind == BROKER_NUMBER)
			g_string_append_printf(text, "%d ", header->number);
		else
			g_string_append(text, "true ");
	}
	return g_string_free(text, FALSE);
}

static void expect_headers(const struct bus_message *message, const char *expected)
{
	g_auto(BrokerMessage) made = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *headers = NULL;

	if (!fedora_message(message, &options, NOW, &made, &error))
		fail_msg("%s", error->message);
	headers = headers_of(&made);
	assert_string_equal(headers, expected);
}

static void a_message_has_what_fedora_messaging_wants(void **state)
{
	g_auto(BrokerMessage) message = { 0 };

	(void)state;
	assert_true(fedora_message(&sample, &options, NOW, &message, NULL));
	assert_string_equal(message.exchange, "amq.topic");
	assert_string_equal(message.topic, "org.example.module.state.change");
	assert_string_equal(message.id, sample.id);
	assert_string_equal(message.content_type, "application/json");
	assert_string_equal(message.encoding, "utf-8");
	assert_string_equal(message.body, sample.body);
	expect_headers(&sample,
		       "fedora_messaging_schema='base.message' fedora_messaging_severity=30 "
		       "sent-at='2018-11-28T19:33:18+00:00' fedora_messaging_user_ann=true "
		       "fedora_messaging_module_bash=true ");
}

static void what_a_message_does_not_say_is_left_out(void **state)
{
	struct bus_message message = sample;

	(void)state;
	message.name = NULL;
	message.owner = "";
	message.severity = 0;
	message.at = 0;
	expect_headers(&message,
		       "fedora_messaging_schema='base.message' fedora_messaging_severity=20 "
		       "sent-at='2018-11-28T19:33:17+00:00' ");
}

static void names_too_long_for_a_header_are_left_out(void **state)
{
	const size_t longest = BROKER_TEXT_MAX - strlen("fedora_messaging_module_");
	g_autofree char *fits = g_strnfill(longest, 'm');
	g_autofree char *too_long = g_strnfill(longest + 1, 'm');
	g_autofree char *expected = g_strdup_printf(
		"fedora_messaging_schema='base.message' fedora_messaging_severity=30 "
		"sent-at='2018-11-28T19:33:18+00:00' fedora_messaging_user_ann=true "
		"fedora_messaging_module_%s=true ",
		fits);
	struct bus_message message = sample;

	(void)state;
	message.name = fits;
	expect_headers(&message, expected);
	message.name = too_long;
	expect_headers(&message,
		       "fedora_messaging_schema='base.message' fedora_messaging_severity=30 "
		       "sent-at='2018-11-28T19:33:18+00:00' fedora_messaging_user_ann=true ");
}

static void without_a_prefix_the_topic_stands_alone(void **state)
{
	const struct bus_options bare = { .exchange = "amq.topic", .topic_prefix = "" };
	g_auto(BrokerMessage) message = { 0 };

	(void)state;
	assert_true(fedora_message(&sample, &bare, NOW, &message, NULL));
	assert_string_equal(message.topic, "module.state.change");
}

static void what_can_never_be_sent_is_refused(void **state)
{
	g_autofree char *long_topic = g_strnfill(BROKER_TEXT_MAX - strlen("org.example"), 't');
	const struct {
		const char *topic, *body, *problem;
	} cases[] = {
		{ long_topic, "{}", "255" },       { "t", "", "no JSON" },
		{ "t", "{", "no JSON" },           { "t", "{} x", "no JSON" },
		{ "t", "[]", "no JSON object" },   { "t", "\"text\"", "no JSON object" },
		{ "t", "null", "no JSON object" }, { "t", "{\"a\": \"\xff\"}", "no JSON" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const struct bus_message message = { .id = "m",
						     .topic = cases[i].topic,
						     .body = cases[i].body };
		g_auto(BrokerMessage) made = { 0 };
		g_autoptr(GError) error = NULL;

		if (fedora_message(&message, &options, NOW, &made, &error))
			fail_msg("%s was taken", cases[i].body);
		if (!strstr(error->message, cases[i].problem))
			fail_msg("%s: %s", cases[i].body, error->message);
	}
}

static void the_longest_topic_is_taken(void **state)
{
	g_autofree char *topic = g_strnfill(BROKER_TEXT_MAX - strlen("org.example."), 't');
	const struct bus_message message = { .id = "m", .topic = topic, .body = "{}" };
	g_auto(BrokerMessage) made = { 0 };

	(void)state;
	assert_true(fedora_message(&message, &options, NOW, &made, NULL));
	assert_int_equal(strlen(made.topic), BROKER_TEXT_MAX);
	assert_true(broker_message_check(&made, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_has_what_fedora_messaging_wants),
		cmocka_unit_test(what_a_message_does_not_say_is_left_out),
		cmocka_unit_test(names_too_long_for_a_header_are_left_out),
		cmocka_unit_test(without_a_prefix_the_topic_stands_alone),
		cmocka_unit_test(what_can_never_be_sent_is_refused),
		cmocka_unit_test(the_longest_topic_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

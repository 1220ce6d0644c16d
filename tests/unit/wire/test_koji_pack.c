/* SPDX-License-Identifier: MIT */
#include "wire/koji_pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text/json.h"

#include <cmocka.h>

#define CALLS_MAX 2500

static struct json_object *json_of(const char *text)
{
	g_autoptr(GError) error = NULL;
	struct json_object *value = NULL;

	if (!read_json(text, strlen(text), &value, &error))
		fail_msg("%s: %s", text, error->message);
	return value;
}

static void read_message(const GString *body, struct xmlrpc_message *ret)
{
	g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();

	assert_true(xmlrpc_reader_feed(reader, body->str, body->len, NULL));
	assert_true(xmlrpc_reader_end(reader, ret, NULL));
}

static void check_json(struct json_object *value, const char *wanted)
{
	g_autoptr(GString) text = g_string_new(NULL);

	append_json(text, value);
	assert_string_equal(text->str, wanted);
}

/* Packs as a session does, and counts what each request takes. */
static void pack_all(const struct koji_call *calls, size_t count, GArray *sizes, GArray *refused)
{
	g_autofree struct koji_answer *answers = g_new(struct koji_answer, count);
	struct koji_queue queue = koji_queue_of(calls, count, answers);
	struct koji_pack pack;

	while (koji_queue_take(&queue, &pack)) {
		assert_true(pack.count == 1 || pack.body->len <= 1 << 20);
		g_array_append_val(sizes, pack.count);
		koji_pack_clear(&pack);
	}
	for (size_t i = 0; i < count; i++)
		if (answers[i].error) {
			assert_int_equal(answers[i].error->code, RIDA_ERROR_UNACCEPTABLE);
			assert_false(answers[i].is_outage);
			g_array_append_val(refused, i);
		}
	koji_answers_clear(answers, count);
}

/* The message that the calls make, which fit into one. */
static void pack_one(const struct koji_call *calls, size_t count, struct xmlrpc_message *ret)
{
	struct koji_answer answers[2];
	struct koji_queue queue = koji_queue_of(calls, count, answers);
	struct koji_pack pack;

	assert_true(koji_queue_take(&queue, &pack));
	assert_int_equal(pack.count, count);
	read_message(pack.body, ret);
	koji_pack_clear(&pack);
	assert_false(koji_queue_take(&queue, &pack));
}

static void one_call_goes_as_it_is(void **state)
{
	g_autoptr(JsonObject) params = json_of("[\"x\",{\"a\":null}]");
	const struct koji_call call = { "getTag", params };
	g_auto(XmlrpcMessage) message = { 0 };

	(void)state;
	pack_one(&call, 1, &message);
	assert_string_equal(message.method, "getTag");
	check_json(message.value, "[\"x\",{\"a\":null}]");
}

static void several_calls_are_one_multicall(void **state)
{
	g_autoptr(JsonObject) params = json_of("[1]");
	const struct koji_call calls[] = { { "getTag", params }, { "getAPIVersion", NULL } };
	g_auto(XmlrpcMessage) message = { 0 };

	(void)state;
	pack_one(calls, 2, &message);
	assert_string_equal(message.method, "multiCall");
	check_json(message.value, "[[{\"methodName\":\"getTag\",\"params\":[1]},"
				  "{\"methodName\":\"getAPIVersion\",\"params\":[]}]]");
}

static void a_request_has_a_thousand_calls_at_most(void **state)
{
	g_autoptr(JsonObject) params = json_of("[1]");
	g_autofree struct koji_call *calls = g_new(struct koji_call, CALLS_MAX);
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_autoptr(GArray) refused = g_array_new(FALSE, FALSE, sizeof(size_t));

	(void)state;
	for (size_t i = 0; i < CALLS_MAX; i++)
		calls[i] = (struct koji_call){ "getTag", params };
	pack_all(calls, CALLS_MAX, sizes, refused);
	assert_int_equal(refused->len, 0);
	assert_int_equal(sizes->len, 3);
	assert_int_equal(g_array_index(sizes, size_t, 0), 1000);
	assert_int_equal(g_array_index(sizes, size_t, 2), 500);
}

/* Of 3,000, 500,000 and 5,000,000 bytes; the last are more than a hub takes. */
static void large_calls_travel_with_fewer_others(void **state)
{
	g_autofree char *word = g_strnfill(5000000, 'x');
	g_autoptr(JsonObject) small = json_object_new_array();
	g_autoptr(JsonObject) large = json_object_new_array();
	g_autoptr(JsonObject) huge = json_object_new_array();
	g_autofree struct koji_call *calls = g_new(struct koji_call, 1000);
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_autoptr(GArray) refused = g_array_new(FALSE, FALSE, sizeof(size_t));
	size_t sent = 0;

	(void)state;
	json_object_array_add(small, json_object_new_string_len(word, 3000));
	json_object_array_add(large, json_object_new_string_len(word, 500000));
	json_object_array_add(huge, json_object_new_string_len(word, 5000000));
	for (size_t i = 0; i < 1000; i++)
		calls[i] = (struct koji_call){ "echo", small };
	calls[100].params = large;
	calls[500].params = huge;
	pack_all(calls, 1000, sizes, refused);
	for (guint i = 0; i < sizes->len; i++)
		sent += g_array_index(sizes, size_t, i);
	assert_int_equal(refused->len, 1);
	assert_int_equal(g_array_index(refused, size_t, 0), 500);
	assert_int_equal(sent, 999);
	assert_in_range(sizes->len, 4, 20);
}

static void a_call_that_xml_cannot_carry_stops_no_other(void **state)
{
	g_autoptr(JsonObject) params = json_of("[1]");
	g_autoptr(JsonObject) bad = json_object_new_array();
	g_autofree struct koji_call *calls = g_new(struct koji_call, 1000);
	g_autoptr(GArray) sizes = g_array_new(FALSE, FALSE, sizeof(size_t));
	g_autoptr(GArray) refused = g_array_new(FALSE, FALSE, sizeof(size_t));

	(void)state;
	json_object_array_add(bad, json_object_new_string("\x01"));
	for (size_t i = 0; i < 1000; i++)
		calls[i] = (struct koji_call){ "getTag", i == 77 || i == 999 ? bad : params };
	pack_all(calls, 1000, sizes, refused);
	assert_int_equal(refused->len, 2);
	assert_int_equal(g_array_index(refused, size_t, 0), 77);
	assert_int_equal(g_array_index(refused, size_t, 1), 999);
}

/* ---- answers ---------------------------------------------------------------------------- */

static struct koji_reply reply_of(const char *text)
{
	return (struct koji_reply){ .message.value = json_of(text) };
}

static void each_call_gets_its_own_answer(void **state)
{
	static const struct koji_call calls[] = { { "a", NULL }, { "b", NULL }, { "c", NULL } };
	struct koji_answer answers[3] = { 0 };
	struct koji_reply reply =
		reply_of("[[{\"id\":1}],{\"faultCode\":1000,\"faultString\":\"No such tag\","
			 "\"traceback\":[\"x\"]},[null]]");

	(void)state;
	koji_unpack(&(struct koji_pack){ calls, answers, 3, NULL, NULL }, true, &reply);
	check_json(answers[0].value, "{\"id\":1}");
	assert_int_equal(answers[1].error->code, RIDA_ERROR_MISSING);
	assert_int_equal(answers[1].fault_code, 1000);
	assert_non_null(strstr(answers[1].error->message, "refuses b"));
	assert_false(answers[1].is_outage);
	assert_null(answers[2].value);
	assert_null(answers[2].error);
	koji_answers_clear(answers, 3);
	koji_reply_clear(&reply);
}

/* A hub that answers so has done who knows what. */
static void k01_what_is_no_list_of_answers_leaves_writes_unknown(void **state)
{
	static const char *const texts[] = {
		"[]",
		"[[1]]",
		"[[1],[2],[3]]",
		"[[1],[]]",
		"[[1],[2,3]]",
		"[[1],2]",
		"[[1],null]",
		"[[1],{}]",
		"[[1],{\"faultCode\":\"1000\",\"faultString\":\"x\"}]",
		"[[1],{\"faultString\":\"x\"}]",
		"{\"0\":[1],\"1\":[2]}",
		"\"text\"",
		"17",
		"true",
	};
	static const struct koji_call calls[] = { { "a", NULL }, { "b", NULL } };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(texts) * 2; i++) {
		const bool is_read = i % 2;
		struct koji_answer answers[2] = { 0 };
		struct koji_reply reply = reply_of(texts[i / 2]);

		koji_unpack(&(struct koji_pack){ calls, answers, 2, NULL, NULL }, is_read, &reply);
		for (size_t j = 0; j < 2; j++)
			if (answers[j].value || !answers[j].is_outage ||
			    answers[j].error->code != (int)(is_read ? RIDA_ERROR_UNAVAILABLE
								    : RIDA_ERROR_UNKNOWN_OUTCOME))
				fail_msg("%s", texts[i / 2]);
		koji_answers_clear(answers, 2);
		koji_reply_clear(&reply);
	}
}

static void a_fault_of_the_request_is_every_calls(void **state)
{
	static const struct koji_call calls[] = { { "a", NULL }, { "b", NULL } };
	struct koji_answer answers[2] = { 0 };
	struct koji_reply reply = { .message = { .is_fault = true,
						 .fault_code = 1009,
						 .fault_text = g_strdup("unable to retry") } };

	(void)state;
	koji_unpack(&(struct koji_pack){ calls, answers, 2, NULL, NULL }, false, &reply);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(answers[i].error->code, RIDA_ERROR_UNKNOWN_OUTCOME);
		assert_int_equal(answers[i].fault_code, 1009);
		assert_false(answers[i].is_outage);
	}
	koji_answers_clear(answers, 2);
	koji_reply_clear(&reply);
}

static void versions_are_compared_as_numbers(void **state)
{
	(void)state;
	assert_int_equal(koji_version_number("1.35.3"), 1035);
	assert_int_equal(koji_version_number("1.21"), 1021);
	assert_int_equal(koji_version_number("2.0.0"), 2000);
	assert_int_equal(koji_version_number("1"), 0);
	assert_int_equal(koji_version_number("1.x"), 0);
	assert_int_equal(koji_version_number(""), 0);
	assert_int_equal(koji_version_number("99999999999.1"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_goes_as_it_is),
		cmocka_unit_test(several_calls_are_one_multicall),
		cmocka_unit_test(a_request_has_a_thousand_calls_at_most),
		cmocka_unit_test(large_calls_travel_with_fewer_others),
		cmocka_unit_test(a_call_that_xml_cannot_carry_stops_no_other),
		cmocka_unit_test(each_call_gets_its_own_answer),
		cmocka_unit_test(k01_what_is_no_list_of_answers_leaves_writes_unknown),
		cmocka_unit_test(a_fault_of_the_request_is_every_calls),
		cmocka_unit_test(versions_are_compared_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

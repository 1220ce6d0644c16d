/* SPDX-License-Identifier: MIT */
#include "fixture.h"

static void begin(struct reply *reply, struct exchange_fixture *fixture, bool is_head)
{
	fixture->written = g_string_new(NULL);
	reply_init(reply, is_head, fixture_write, fixture);
}

static void an_answer_has_its_headers_and_length(void **state)
{
	struct exchange_fixture fixture = { 0 };
	g_auto(Reply) reply = { 0 };

	(void)state;
	begin(&reply, &fixture, false);
	reply.status = 201;
	reply_header(&reply, "Location", "/rida/module-builds/42");
	g_string_append(reply.body, "{\"id\": 42}");
	reply_finish(&reply);
	assert_true(
		g_str_has_prefix(fixture.written->str,
				 "Status: 201 Created\r\nLocation: /rida/module-builds/42\r\n"));
	assert_non_null(strstr(fixture.written->str, "\r\nContent-Length: 10\r\n"));
	assert_non_null(strstr(fixture.written->str, "\r\nX-Content-Type-Options: nosniff\r\n"));
	assert_non_null(
		strstr(fixture.written->str, "\r\nContent-Security-Policy: default-src 'none'"));
	assert_non_null(strstr(fixture.written->str, "\r\nVary: Accept\r\n"));
	assert_true(g_str_has_suffix(fixture.written->str, "\r\n\r\n{\"id\": 42}"));
	g_string_free(fixture.written, TRUE);
}

static void headers_with_control_bytes_are_refused(void **state)
{
	static const char *const values[] = { "a\r\nSet-Cookie: x", "a\nb", "a\rb", "\x7f",
					      "\x01" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		struct exchange_fixture fixture = { 0 };
		g_auto(Reply) reply = { 0 };

		begin(&reply, &fixture, false);
		reply_header(&reply, "Location", values[i]);
		assert_true(reply.has_refused);
		assert_int_equal(reply.headers->len, 0);
		g_string_free(fixture.written, TRUE);
	}
}

static void head_gets_the_headers_alone(void **state)
{
	struct exchange_fixture fixture = { 0 };
	g_auto(Reply) reply = { 0 };

	(void)state;
	begin(&reply, &fixture, true);
	g_string_append(reply.body, "body");
	reply_finish(&reply);
	assert_non_null(strstr(fixture.written->str, "\r\nContent-Length: 4\r\n"));
	assert_true(g_str_has_suffix(fixture.written->str, "\r\n\r\n"));
	g_string_free(fixture.written, TRUE);
}

static void not_modified_has_no_body_and_no_length(void **state)
{
	struct exchange_fixture fixture = { 0 };
	g_auto(Reply) reply = { 0 };

	(void)state;
	begin(&reply, &fixture, false);
	reply.status = 304;
	g_string_append(reply.body, "body");
	reply_finish(&reply);
	assert_null(strstr(fixture.written->str, "Content-Length"));
	assert_true(g_str_has_suffix(fixture.written->str, "\r\n\r\n"));
	g_string_free(fixture.written, TRUE);
}

static void long_answers_leave_in_parts(void **state)
{
	struct exchange_fixture fixture = { 0 };
	g_auto(Reply) reply = { 0 };
	size_t most = 0;

	(void)state;
	begin(&reply, &fixture, false);
	for (int i = 0; i < 100000; i++) {
		g_string_append(reply.body, "0123456789");
		assert_true(reply_flush(&reply));
		most = MAX(most, reply.body->len);
	}
	reply_finish(&reply);
	assert_true(most < 65536);
	assert_null(strstr(fixture.written->str, "Content-Length"));
	assert_int_equal(strlen(strstr(fixture.written->str, "\r\n\r\n") + 4), 1000000);
	g_string_free(fixture.written, TRUE);
}

static void a_long_answer_to_head_ends_early(void **state)
{
	struct exchange_fixture fixture = { 0 };
	g_auto(Reply) reply = { 0 };
	int rows = 0;

	(void)state;
	begin(&reply, &fixture, true);
	do {
		g_string_append(reply.body, "0123456789");
		rows++;
	} while (rows < 100000 && reply_flush(&reply));
	reply_finish(&reply);
	assert_true(rows < 10000);
	assert_true(g_str_has_suffix(fixture.written->str, "\r\n\r\n"));
	g_string_free(fixture.written, TRUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_has_its_headers_and_length),
		cmocka_unit_test(headers_with_control_bytes_are_refused),
		cmocka_unit_test(head_gets_the_headers_alone),
		cmocka_unit_test(not_modified_has_no_body_and_no_length),
		cmocka_unit_test(long_answers_leave_in_parts),
		cmocka_unit_test(a_long_answer_to_head_ends_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

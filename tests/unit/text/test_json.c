/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "text/json.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* A text that may hold NUL bytes. */
#define TEXT(literal)                                                                              \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	}

struct text {
	const char *bytes;
	size_t length;
};

static const struct text refused[] = {
	/* nothing, or not only a value */
	TEXT(""),
	TEXT(" "),
	TEXT("\n\t\r "),
	TEXT("1 2"),
	TEXT("{} {}"),
	TEXT("[]x"),
	TEXT("[1]]"),
	TEXT("{}}"),
	TEXT("\"a\" \"b\""),
	TEXT("truefalse"),
	TEXT("null,"),
	TEXT("[],"),
	TEXT("1,"),
	TEXT("{}#"),
	TEXT("{}/**/"),
	TEXT("/* a */ {}"),
	TEXT("// a\n{}"),
	TEXT("# a\n{}"),
	TEXT("{\"a\":1}garbage"),
	TEXT("\xef\xbb\xbf{}"),
	TEXT("\xfe\xff\0{"),
	TEXT("{}\0"),
	TEXT("\0{}"),
	TEXT("[1\0]"),
	TEXT("\f[]"),
	TEXT("\v[]"),
	TEXT("\xc2\xa0[]"),
	TEXT("\xe2\x80\xa8[]"),
	/* words */
	TEXT("True"),
	TEXT("TRUE"),
	TEXT("tru"),
	TEXT("nul"),
	TEXT("NULL"),
	TEXT("Null"),
	TEXT("False"),
	TEXT("nan"),
	TEXT("NaN"),
	TEXT("-NaN"),
	TEXT("Infinity"),
	TEXT("-Infinity"),
	TEXT("inf"),
	TEXT("[Infinity]"),
	TEXT("[NaN]"),
	TEXT("undefined"),
	TEXT("yes"),
	TEXT("a"),
	TEXT("abc"),
	/* numbers */
	TEXT("01"),
	TEXT("-01"),
	TEXT("00"),
	TEXT("+1"),
	TEXT("-"),
	TEXT("--1"),
	TEXT("1."),
	TEXT(".1"),
	TEXT("-.1"),
	TEXT("1.e3"),
	TEXT("1e"),
	TEXT("1e+"),
	TEXT("1E-"),
	TEXT("1ee2"),
	TEXT("1e1.5"),
	TEXT("0x10"),
	TEXT("0b1"),
	TEXT("1_000"),
	TEXT("1,000"),
	TEXT("1 000"),
	TEXT("12abc"),
	TEXT("1.2.3"),
	TEXT("-a"),
	TEXT("\xd9\xa1"),
	TEXT("18446744073709551616"),
	TEXT("-9223372036854775809"),
	TEXT("99999999999999999999999999"),
	TEXT("[99999999999999999999999999]"),
	TEXT("1e999"),
	TEXT("-1e999"),
	TEXT("[1e400]"),
	TEXT("1f"),
	TEXT("1L"),
	TEXT("- 1"),
	TEXT("1 .5"),
	TEXT("0e"),
	/* texts */
	TEXT("'a'"),
	TEXT("{'a':1}"),
	TEXT("{\"a\":'b'}"),
	TEXT("['a']"),
	TEXT("\""),
	TEXT("\"a"),
	TEXT("\"a\nb\""),
	TEXT("\"a\tb\""),
	TEXT("\"a\rb\""),
	TEXT("\"\0\""),
	TEXT("\"a\0b\""),
	TEXT("\"\x01\""),
	TEXT("\"\x1f\""),
	TEXT("\"\\u0000\""),
	TEXT("\"a\\u0000b\""),
	TEXT("{\"a\\u0000b\":1}"),
	TEXT("\"\\x41\""),
	TEXT("\"\\a\""),
	TEXT("\"\\0\""),
	TEXT("\"\\'\""),
	TEXT("\"\\ \""),
	TEXT("\"\\"),
	TEXT("\"\\\""),
	TEXT("\"\\u\""),
	TEXT("\"\\u1\""),
	TEXT("\"\\u12\""),
	TEXT("\"\\u123\""),
	TEXT("\"\\u12g4\""),
	TEXT("\"\\U0041\""),
	TEXT("\"\\u{41}\""),
	TEXT("\"\\u 041\""),
	TEXT("\"\\u+041\""),
	TEXT("\"\\ud800\""),
	TEXT("\"\\udc00\""),
	TEXT("\"\\ud800\\u0041\""),
	TEXT("\"\\ud800x\""),
	TEXT("\"\\ud800\\ud800\""),
	TEXT("\"\\udc00\\ud800\""),
	TEXT("\"\\ud83d\\n\""),
	TEXT("\"\\\n\""),
	TEXT("\"\xff\""),
	TEXT("\"\xc0\x80\""),
	TEXT("\"\xc1\xbf\""),
	TEXT("\"\xe0\x80\xaf\""),
	TEXT("\"\xed\xa0\x80\""),
	TEXT("\"\xf4\x90\x80\x80\""),
	TEXT("\"\xf8\x88\x80\x80\x80\""),
	TEXT("\"\xe2\x82\""),
	TEXT("\"\x80\""),
	TEXT("\"a\xe9\""),
	TEXT("{\"\xff\":1}"),
	TEXT("\xff"),
	/* lists */
	TEXT("["),
	TEXT("]"),
	TEXT("[1"),
	TEXT("[1,"),
	TEXT("[,]"),
	TEXT("[1,]"),
	TEXT("[,1]"),
	TEXT("[1,,2]"),
	TEXT("[1 2]"),
	TEXT("[1:2]"),
	TEXT("[\"a\":1]"),
	TEXT("[1}"),
	TEXT("[[]"),
	TEXT("[\"a"),
	TEXT("[1;2]"),
	TEXT("[true false]"),
	TEXT("(1)"),
	TEXT("[1,\n"),
	TEXT("[\"\",]"),
	TEXT("[*]"),
	/* objects */
	TEXT("{"),
	TEXT("}"),
	TEXT("{]"),
	TEXT("{\"a\"}"),
	TEXT("{\"a\":}"),
	TEXT("{\"a\":1"),
	TEXT("{\"a\":1,"),
	TEXT("{\"a\":1,}"),
	TEXT("{,\"a\":1}"),
	TEXT("{\"a\" 1}"),
	TEXT("{\"a\"=1}"),
	TEXT("{\"a\"::1}"),
	TEXT("{a:1}"),
	TEXT("{1:1}"),
	TEXT("{null:1}"),
	TEXT("{true:1}"),
	TEXT("{[]:1}"),
	TEXT("{\"a\":1 \"b\":2}"),
	TEXT("{\"a\":1;\"b\":2}"),
	TEXT("{\"a\":1,,\"b\":2}"),
	TEXT("{\"a\":a}"),
	TEXT("{\"a\":\"b}"),
	TEXT("{:1}"),
	TEXT("{\"a\":1:2}"),
	TEXT("{\"a\",\"b\":1}"),
	TEXT("{{\"a\":1}}"),
	TEXT("{\"a\":{}"),
	TEXT("{\"a\":[}"),
	TEXT("{,}"),
	TEXT("{\"scmurl\"}"),
	TEXT("{\"scmurl\": git://x}"),
	TEXT("{scmurl: \"x\"}"),
	/* the same key twice, however it is written */
	TEXT("{\"a\":1,\"a\":1}"),
	TEXT("{\"a\":1,\"b\":2,\"a\":3}"),
	TEXT("{\"a\":1,\"\\u0061\":2}"),
	TEXT("[{\"a\":null,\"a\":null}]"),
	TEXT("{\"x\":{\"y\":[{\"k\":1,\"k\":2}]}}"),
	TEXT("{\"\":1,\"\":2}"),
	TEXT("{\"scmurl\":\"good\",\"scmurl\":\"evil\"}"),
	TEXT("{\"\\/\":1,\"/\":2}"),
	TEXT("{\"a\":{\"b\":1},\"a\":{\"b\":1}}"),
	/* deeper than sixteen */
	TEXT("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"),
	TEXT("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]"),
	TEXT("{\"a\":[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]}"),
	TEXT("[[[[[[[[[[[[[[[[["),
	TEXT("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":"
	     "{\"a\":{\"a\":{\"a\":1}}}}}}}}}}}}}}}}}"),
};

static void what_is_no_json_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autoptr(GError) error = NULL;
		struct json_object *value = NULL;

		if (read_json(refused[i].bytes, refused[i].length, &value, &error))
			fail_msg("case %zu was read: %s", i, refused[i].bytes);
		assert_null(value);
		if (!g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED) || !*error->message)
			fail_msg("case %zu has no good error", i);
	}
}

static const struct {
	const char *text, *written;
} accepted[] = {
	{ "0", "0" },
	{ "-0", "0" },
	{ "12", "12" },
	{ "-12", "-12" },
	{ "  12\n", "12" },
	{ "18446744073709551615", "18446744073709551615" },
	{ "9223372036854775808", "9223372036854775808" },
	{ "-9223372036854775808", "-9223372036854775808" },
	{ "1.5", "1.5" },
	{ "1e2", "1e2" },
	{ "1E+2", "1E+2" },
	{ "-0.5e-3", "-0.5e-3" },
	{ "true", "true" },
	{ "false", "false" },
	{ "null", "null" },
	{ "\"\"", "\"\"" },
	{ "\"a b\"", "\"a b\"" },
	{ "\"it's\"", "\"it's\"" },
	{ "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"" },
	{ "\"\\u0041\\u00e9\"", "\"A\xc3\xa9\"" },
	{ "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"" },
	{ "\"\xf0\x9f\x98\x80\"", "\"\xf0\x9f\x98\x80\"" },
	{ "\"\x7f\"", "\"\x7f\"" },
	{ "\"</script><!--\"", "\"\\u003c/script>\\u003c!--\"" },
	{ "{\"<\":1}", "{\"\\u003c\":1}" },
	{ "\"://?{}[],:\"", "\"://?{}[],:\"" },
	{ "[]", "[]" },
	{ "[ ]", "[]" },
	{ "[1,\n2 , 3]", "[1,2,3]" },
	{ "[[],[[]],{}]", "[[],[[]],{}]" },
	{ "[null,null]", "[null,null]" },
	{ "{}", "{}" },
	{ "{ \"a\" : 1 , \"b\" : [ {} ] }", "{\"a\":1,\"b\":[{}]}" },
	{ "{\"a\":{\"a\":{\"a\":1}}}", "{\"a\":{\"a\":{\"a\":1}}}" },
	{ "[{\"a\":1},{\"a\":2}]", "[{\"a\":1},{\"a\":2}]" },
	{ "{\"a\":1,\"A\":2,\"a \":3}", "{\"a\":1,\"A\":2,\"a \":3}" },
	{ "{\"\":0}", "{\"\":0}" },
	{ "{\"a\":\"b:c\"}", "{\"a\":\"b:c\"}" },
	{ "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]" },
	{ "[[[[[[[[[[[[[[[{\"a\":1}]]]]]]]]]]]]]]]", "[[[[[[[[[[[[[[[{\"a\":1}]]]]]]]]]]]]]]]" },
	{ "{\"scmurl\":\"git://h/m/foo.git?#abc\"}", "{\"scmurl\":\"git://h/m/foo.git?#abc\"}" },
};

static void json_is_read_and_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(accepted); i++) {
		g_autoptr(JsonObject) value = NULL;
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);

		if (!read_json(accepted[i].text, strlen(accepted[i].text), &value, &error))
			fail_msg("%s: %s", accepted[i].text, error->message);
		append_json(out, value);
		assert_string_equal(out->str, accepted[i].written);
	}
}

static void only_the_given_length_counts(void **state)
{
	g_autoptr(JsonObject) value = NULL;

	(void)state;
	assert_true(read_json("[1]garbage", 3, &value, NULL));
	assert_false(read_json("[1]", 2, &value, NULL));
	assert_false(read_json("true", 3, &value, NULL));
}

static void a_text_over_the_cap_is_refused(void **state)
{
	g_autofree char *text = g_strnfill(JSON_BYTES_MAX + 1, ' ');
	g_autoptr(GError) error = NULL;
	struct json_object *value = NULL;

	(void)state;
	text[0] = '1';
	assert_false(read_json(text, JSON_BYTES_MAX + 1, &value, &error));
	assert_non_null(strstr(error->message, "at most"));
}

static void hostile_nesting_is_refused_quickly(void **state)
{
	const size_t length = 1 << 20;
	g_autofree char *text = g_strnfill(length, '[');
	gint64 start = g_get_monotonic_time();
	struct json_object *value = NULL;

	(void)state;
	assert_false(read_json(text, length, &value, NULL));
	assert_true(g_get_monotonic_time() - start < G_USEC_PER_SEC);
}

static void the_message_names_the_place(void **state)
{
	g_autoptr(GError) error = NULL;
	struct json_object *value = NULL;

	(void)state;
	assert_false(read_json("{\n\"a\": 'b'}", 11, &value, &error));
	assert_non_null(strstr(error->message, "line 2, column 6: "));
	g_clear_error(&error);
	assert_false(read_json("{\"b\":1,\"\\u0062\":2}", 18, &value, &error));
	assert_non_null(strstr(error->message, "the key \"b\" stands twice"));
}

static void a_streamed_text_is_escaped(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "", "\"\"" },
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\"" },
		{ "\x01\x1f\x7f", "\"\\u0001\\u001f\x7f\"" },
		{ "</script>", "\"\\u003c/script>\"" },
		{ "rpms/foo", "\"rpms/foo\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "a\xff"
		  "b",
		  "\"a\xef\xbf\xbd"
		  "b\"" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(JsonObject) value = NULL;

		append_json_text(out, cases[i].text);
		assert_string_equal(out->str, cases[i].written);
		assert_true(read_json(out->str, out->len, &value, NULL));
	}
}

static void a_member_must_be_a_text_of_bounded_length(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{ "{\"k\":\"12345\"}", true },
		{ "{\"k\":\"\"}", true },
		{ "{\"k\":\"123456\"}", false },
		{ "{\"k\":1}", false },
		{ "{\"k\":null}", false },
		{ "{\"k\":true}", false },
		{ "{\"k\":[\"a\"]}", false },
		{ "{\"K\":\"a\"}", false },
		{ "{}", false },
		{ "[\"k\"]", false },
		{ "\"k\"", false },
		{ "null", false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonObject) value = NULL;
		g_autoptr(GError) error = NULL;
		const char *text = NULL;

		assert_true(read_json(cases[i].text, strlen(cases[i].text), &value, NULL));
		if (json_member_text(value, "k", 5, &text, &error) != cases[i].is_good)
			fail_msg("%s", cases[i].text);
		assert_true(cases[i].is_good || strstr(error->message, "\"k\""));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(json_is_read_and_written),
		cmocka_unit_test(only_the_given_length_counts),
		cmocka_unit_test(a_text_over_the_cap_is_refused),
		cmocka_unit_test(hostile_nesting_is_refused_quickly),
		cmocka_unit_test(the_message_names_the_place),
		cmocka_unit_test(a_streamed_text_is_escaped),
		cmocka_unit_test(a_member_must_be_a_text_of_bounded_length),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

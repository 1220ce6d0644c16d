/* SPDX-License-Identifier: MIT */
#include <locale.h>
#include <math.h>

#include "base/error.h"
#include "tests/unit/text/xmlrpc_reading.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void what_is_written_is_what_koji_reads(void **state)
{
	static const struct value_case cases[] = {
		{ "<value><int>2147483647</int></value>", "2147483647" },
		{ "<value><int>-2147483648</int></value>", "-2147483648" },
		{ "<value><i8>2147483648</i8></value>", "2147483648" },
		{ "<value><i8>-2147483649</i8></value>", "-2147483649" },
		{ "<value><i8>9223372036854775807</i8></value>", "9223372036854775807" },
		{ "<value><i8>-9223372036854775808</i8></value>", "-9223372036854775808" },
		{ "<value><double>1.5</double></value>", "1.5" },
		{ "<value><double>5.0</double></value>", "5.0" },
		{ "<value><double>0.1</double></value>", "0.1" },
		{ "<value><double>1795361653.708937</double></value>", "1795361653.7089369" },
		{ "<value><double>1e+300</double></value>", "1e300" },
		{ "<value><boolean>1</boolean></value>", "true" },
		{ "<value><boolean>0</boolean></value>", "false" },
		{ "<value><nil/></value>", "null" },
		{ "<value><string></string></value>", "\"\"" },
		{ "<value><string>&lt;a&gt; &amp; \"'\xc5\xbe\t\n&#13;</string></value>",
		  "\"<a> & \\\"'\xc5\xbe\\t\\n\\r\"" },
		{ "<value><array><data></data></array></value>", "[]" },
		{ "<value><struct></struct></value>", "{}" },
		{ "<value><base64>aGVsbG8=</base64></value>", "{\"__base64\":\"aGVsbG8=\"}" },
		{ "<value><dateTime.iso8601>20200102T03:04:05</dateTime.iso8601></value>",
		  "{\"__dateTime.iso8601\":\"20200102T03:04:05\"}" },
		{ STRUCT(MEMBER("__base64", "<value><int>1</int></value>")), "{\"__base64\":1}" },
		{ LIST("<value><int>1</int></value>" LIST("<value><nil/></value>") STRUCT(
			  MEMBER("a&amp;", LIST("")) MEMBER(
				  "b",
				  "<value><boolean>1</boolean></value>")) "<value><int>2</int></value>"),
		  "[1,[null],{\"a&\":[],\"b\":true},2]" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new("before");
		g_autoptr(JsonObject) params = NULL;
		g_autofree char *json = g_strdup_printf("[%s]", cases[i].json);
		g_autofree char *wanted = g_strdup_printf(
			"before<?xml version=\"1.0\"?>\n<methodCall>\n<methodName>echo</methodName>"
			"\n<params>\n<param>%s</param>\n</params>\n</methodCall>\n",
			cases[i].xml);

		assert_true(read_json(json, strlen(json), &params, NULL));
		assert_true(append_xmlrpc_call(out, "echo", params, NULL));
		assert_string_equal(out->str, wanted);
	}
}

static void a_call_may_be_without_parameters(void **state)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(XmlrpcMessage) message = { 0 };

	(void)state;
	assert_true(append_xmlrpc_call(out, "system.listMethods", NULL, NULL));
	assert_true(read_text(out->str, &message, NULL));
	assert_string_equal(message.method, "system.listMethods");
	assert_int_equal(json_object_array_length(message.value), 0);
}

/* A call with one parameter: {"opts": [null, value]}. Takes the value. */
static struct json_object *buried(struct json_object *value)
{
	struct json_object *params = json_object_new_array();
	struct json_object *options = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, NULL);
	json_object_array_add(list, value);
	json_object_object_add(options, "opts", list);
	json_object_array_add(params, NULL);
	json_object_array_add(params, options);
	return params;
}

static struct json_object *named(const char *name)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "fine", NULL);
	json_object_object_add(object, name, NULL);
	return object;
}

static void what_xml_cannot_carry_is_refused_with_its_place(void **state)
{
	const struct {
		struct json_object *value;
		const char *message;
	} cases[] = {
		{ json_object_new_string("a\x01"), "params[1].opts[1] holds a control character" },
		{ json_object_new_string("\x1b[0m"), "params[1].opts[1] holds a control" },
		{ json_object_new_string_len("a\0b", 3), "params[1].opts[1] holds a NUL byte" },
		{ json_object_new_string("a\xff"), "params[1].opts[1] is not UTF-8" },
		{ json_object_new_string("\xed\xa0\x80"), "params[1].opts[1] is not UTF-8" },
		{ json_object_new_string("\xef\xbf\xbe"), "that XML cannot carry" },
		{ json_object_new_string("\xef\xbf\xbf"), "that XML cannot carry" },
		{ named("b\x02"), "params[1].opts[1].b\\002 holds a control character" },
		{ named("\xff"), "params[1].opts[1].\\377 is not UTF-8" },
		{ json_object_new_uint64((uint64_t)INT64_MAX + 1), "is a number beyond 64 bits" },
		{ json_object_new_double(NAN), "params[1].opts[1] is no finite number" },
		{ json_object_new_double(-INFINITY), "params[1].opts[1] is no finite number" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(JsonObject) params = buried(cases[i].value);
		g_autoptr(GString) out = g_string_new("before");
		g_autoptr(GError) error = NULL;

		assert_false(append_xmlrpc_call(out, "echo", params, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE));
		if (!strstr(error->message, cases[i].message))
			fail_msg("\"%s\", not \"%s\"", error->message, cases[i].message);
		assert_string_equal(out->str, "before");
		assert_false(append_xmlrpc_call(out, "a\nb\x7f\x01", NULL, NULL));
	}
}

static void characters_beyond_the_controls_are_carried(void **state)
{
	static const char text[] =
		"\x7f\xc2\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbd\xf4\x8f\xbf\xbd";
	g_autoptr(JsonObject) params = json_object_new_array();
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(XmlrpcMessage) message = { 0 };

	(void)state;
	json_object_array_add(params, json_object_new_string(text));
	assert_true(append_xmlrpc_call(out, "echo", params, NULL));
	assert_true(read_text(out->str, &message, NULL));
	assert_true(json_object_equal(message.value, params));
}

/* Any double but those that are no numbers. */
static double random_double(GRand *random)
{
	union {
		uint64_t bits;
		double number;
	} any;

	do
		any.bits = (uint64_t)g_rand_int(random) << 32 | g_rand_int(random);
	while (!isfinite(any.number));
	return any.number;
}

static void each_double_comes_back_the_same_in_any_locale(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	g_autoptr(JsonObject) params = json_object_new_array();
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(XmlrpcMessage) message = { 0 };

	(void)state;
	setlocale(LC_ALL, "de_DE.UTF-8"); /* where there is one: it writes a comma */
	for (int i = 0; i < 20000; i++)
		json_object_array_add(params, json_object_new_double(random_double(random)));
	json_object_array_add(params, json_object_new_double(5e-324));
	json_object_array_add(params, json_object_new_double(-0.0));
	assert_true(append_xmlrpc_call(out, "echo", params, NULL));
	assert_true(read_text(out->str, &message, NULL));
	setlocale(LC_ALL, "C");
	for (size_t i = 0; i < json_object_array_length(params); i++) {
		double wanted = json_object_get_double(json_object_array_get_idx(params, i));
		struct json_object *came = json_object_array_get_idx(message.value, i);
		double number = json_object_get_double(came);

		assert_true(json_object_is_type(came, json_type_double));
		assert_memory_equal(&number, &wanted, sizeof(double));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_what_koji_reads),
		cmocka_unit_test(a_call_may_be_without_parameters),
		cmocka_unit_test(what_xml_cannot_carry_is_refused_with_its_place),
		cmocka_unit_test(characters_beyond_the_controls_are_carried),
		cmocka_unit_test(each_double_comes_back_the_same_in_any_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

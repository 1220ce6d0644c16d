/* SPDX-License-Identifier: MIT */
#include <sys/resource.h>

#include "base/error.h"
#include "tests/unit/text/xmlrpc_reading.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define ANSWER(value)                                                                              \
	"<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n" value                       \
	"</param>\n</params>\n</methodResponse>\n"
#define TYPED(type, text) "<value><" type ">" text "</" type "></value>"

/* A text that must be refused, and a part of what is said. */
struct refused_case {
	const char *xml;
	const char *message;
};

static void check_value(const struct value_case *sample)
{
	g_autofree char *text = g_strdup_printf(ANSWER("%s"), sample->xml);
	g_auto(XmlrpcMessage) message = { 0 };
	g_autoptr(GError) error = NULL;
	g_autofree char *shown = NULL;

	if (!read_text(text, &message, &error))
		fail_msg("%s: %s", sample->xml, error->message);
	assert_null(message.method);
	assert_false(message.is_fault);
	shown = shown_value(message.value);
	assert_string_equal(shown, sample->json);
}

static void check_refused(const char *text, const char *part)
{
	g_auto(XmlrpcMessage) message = { 0 };
	g_autoptr(GError) error = NULL;

	if (read_text(text, &message, &error))
		fail_msg("this was read: %s", text);
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	assert_true(g_str_has_prefix(error->message, "line "));
	if (!strstr(error->message, part))
		fail_msg("%s: \"%s\", not \"%s\"", text, error->message, part);
	assert_null(message.value);
	assert_null(message.method);
	assert_null(message.fault_text);
}

static void each_type_has_its_value(void **state)
{
	static const struct value_case cases[] = {
		{ TYPED("int", "5"), "5" },
		{ TYPED("i4", "-5"), "-5" },
		{ TYPED("int", "5000000000"), "5000000000" },
		{ TYPED("i8", "9223372036854775807"), "9223372036854775807" },
		{ TYPED("i8", "-9223372036854775808"), "-9223372036854775808" },
		{ TYPED("boolean", "1"), "true" },
		{ TYPED("boolean", "0"), "false" },
		{ TYPED("double", "1.5"), "1.5" },
		{ TYPED("double", "-1e10"), "-10000000000.0" },
		{ TYPED("double", "10000000000.0"), "10000000000.0" },
		{ "<value><nil/></value>", "null" },
		{ "<value><ex:nil xmlns:ex=\"http://ws.apache.org/xmlrpc/namespaces/extensions\"/>"
		  "</value>",
		  "null" },
		{ TYPED("base64", "\naGVsbG8=\n"), "{\"__base64\":\"\\naGVsbG8=\\n\"}" },
		{ TYPED("dateTime.iso8601", "20200102T03:04:05"),
		  "{\"__dateTime.iso8601\":\"20200102T03:04:05\"}" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		check_value(&cases[i]);
}

static void text_is_as_it_was_meant(void **state)
{
	static const struct value_case cases[] = {
		{ "<value>untyped</value>", "\"untyped\"" },
		{ "<value> two\n lines </value>", "\" two\\n lines \"" },
		{ "<value/>", "\"\"" },
		{ "<value></value>", "\"\"" },
		{ "<value><string/></value>", "\"\"" },
		{ "<value>\n<string> a </string>\n</value>", "\" a \"" },
		{ TYPED("string", "&lt;a&gt; &amp; &quot;b&quot; &apos;"),
		  "\"\\u003ca> & \\\"b\\\" '\"" },
		{ TYPED("string", "&#382;&#x17E;\xc5\xbe"), "\"\xc5\xbe\xc5\xbe\xc5\xbe\"" },
		{ TYPED("string", "a\r\nb&#13;&#10;c\td"), "\"a\\nb\\r\\nc\\td\"" },
		{ TYPED("string", "a<!-- no -->b<![CDATA[<c>]]><?no no?>d"), "\"ab\\u003cc>d\"" },
		{ "<value>a<!-- no -->b</value>", "\"ab\"" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		check_value(&cases[i]);
}

static void lists_and_structs_keep_their_order(void **state)
{
	static const struct value_case cases[] = {
		{ "<value><array><data/></array></value>", "[]" },
		{ "<value><struct/></value>", "{}" },
		{ LIST(TYPED("int", "3") "<value><nil/></value>" LIST("<value>x</value>") STRUCT("")
			       TYPED("int", "1")),
		  "[3,null,[\"x\"],{},1]" },
		{ STRUCT(MEMBER("z", TYPED("int", "1")) MEMBER("a", "<value><nil/></value>") MEMBER(
			  "m", LIST(STRUCT(MEMBER("b", "<value/>") MEMBER("", "<value>2</value>"))))
				 MEMBER("A", TYPED("boolean", "0"))),
		  "{\"z\":1,\"a\":null,\"m\":[{\"b\":\"\",\"\":\"2\"}],\"A\":false}" },
		{ STRUCT(MEMBER("priority", TYPED("int", "10"))
				 MEMBER("__starstar", TYPED("boolean", "1"))),
		  "{\"priority\":10,\"__starstar\":true}" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		check_value(&cases[i]);
}

static void a_call_has_a_method_and_its_parameters(void **state)
{
	static const struct {
		const char *xml, *method, *json;
	} cases[] = {
		{ "<methodCall><methodName>a.b</methodName></methodCall>", "a.b", "[]" },
		{ "<methodCall><methodName>a</methodName><params/></methodCall>", "a", "[]" },
		{ "<methodCall><methodName>a</methodName><params><param><value/></param>"
		  "<param><value><nil/></value></param></params></methodCall>",
		  "a", "[\"\",null]" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(XmlrpcMessage) message = { 0 };
		g_autofree char *shown = NULL;

		assert_true(read_text(cases[i].xml, &message, NULL));
		assert_string_equal(message.method, cases[i].method);
		shown = shown_value(message.value);
		assert_string_equal(shown, cases[i].json);
	}
}

#define FAULT(members) "<methodResponse><fault>" STRUCT(members) "</fault></methodResponse>"

static void a_fault_has_a_code_and_a_text(void **state)
{
	static const char *const bad[] = {
		FAULT(""),
		FAULT(MEMBER("faultCode", TYPED("int", "1"))),
		FAULT(MEMBER("faultString", "<value>x</value>")),
		FAULT(MEMBER("faultCode", "<value>1</value>") MEMBER("faultString", "<value/>")),
		FAULT(MEMBER("faultCode", "<value><nil/></value>")
			      MEMBER("faultString", "<value/>")),
		FAULT(MEMBER("faultCode", TYPED("int", "1"))
			      MEMBER("faultString", TYPED("int", "1"))),
		"<methodResponse><fault><value>x</value></fault></methodResponse>",
		"<methodResponse><fault>" LIST("") "</fault></methodResponse>",
		"<methodResponse><fault><value><nil/></value></fault></methodResponse>",
	};
	g_auto(XmlrpcMessage) message = { 0 };

	(void)state;
	assert_true(read_text(FAULT(MEMBER("faultString", "<value>No such tag: 'x'</value>")
					    MEMBER("faultCode", TYPED("int", "1000"))),
			      &message, NULL));
	assert_true(message.is_fault);
	assert_int_equal(message.fault_code, 1000);
	assert_string_equal(message.fault_text, "No such tag: 'x'");
	assert_null(message.value);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		check_refused(bad[i], "a fault has a faultCode");
}

static void what_is_no_value_of_its_type_is_refused(void **state)
{
	static const char *const integers[] = {
		"",
		" 1",
		"1 ",
		"+1",
		"0x1",
		"1e3",
		"1.0",
		"9223372036854775808",
		"-",
		"1_0",
		"abc",
		"--1",
		"nan",
		"true",
		"-9223372036854775809",
	};
	static const char *const doubles[] = {
		"",      "nan", "inf", "-inf", "infinity", "1e999",
		"0x1p3", " 1",  "1 ",  "1,5",  "1.5.1",    "e",
	};
	static const char *const booleans[] = { "", "2", "true", "01", " 1", "-1", "1\n" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(integers); i++) {
		g_autofree char *text = g_strdup_printf(ANSWER(TYPED("int", "%s")), integers[i]);

		check_refused(text, "a whole number");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(doubles); i++) {
		g_autofree char *text = g_strdup_printf(ANSWER(TYPED("double", "%s")), doubles[i]);

		check_refused(text, "is no finite number");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(booleans); i++) {
		g_autofree char *text =
			g_strdup_printf(ANSWER(TYPED("boolean", "%s")), booleans[i]);

		check_refused(text, "a boolean is 0 or 1");
	}
	check_refused(ANSWER(TYPED("nil", "x")), "<nil> holds text");
}

static void what_stands_in_the_wrong_place_is_refused(void **state)
{
	static const struct refused_case cases[] = {
		{ ANSWER(TYPED("float", "1")), "<float> is not known" },
		{ ANSWER(TYPED("i16", "1")), "<i16> is not known" },
		{ ANSWER("<Value/>"), "<Value> is not known" },
		{ "<html/>", "<html> is not known" },
		{ "<value/>", "<value> may not stand in <document>" },
		{ "<methodResponse><param/></methodResponse>", "<param> may not stand in" },
		{ "<methodResponse/>", "<methodResponse> lacks" },
		{ "<methodResponse><params/></methodResponse>", "<params> lacks" },
		{ "<methodResponse><params><param/></params></methodResponse>", "<param> lacks" },
		{ "<methodResponse><fault/></methodResponse>", "<fault> lacks" },
		{ ANSWER("<value/><value/>"), "<value> is one too many" },
		{ ANSWER("<value/></param><param><value/>"), "<param> is one too many" },
		{ ANSWER("<value/></param></params><params><param><value/>"),
		  "<params> is one too many" },
		{ ANSWER("<value><int>1</int><int>2</int></value>"), "<int> is one too many" },
		{ ANSWER("<value>x<int>1</int></value>"), "in the midst of text" },
		{ ANSWER("<value><int>1</int>x</value>"), "text may not stand in <value>" },
		{ ANSWER("<value><int><int>1</int></int></value>"), "may not stand in <int>" },
		{ ANSWER("<value><value/></value>"), "<value> may not stand in <value>" },
		{ ANSWER("x<value/>"), "text may not stand in <param>" },
		{ ANSWER("<value><array/></value>"), "<array> lacks" },
		{ ANSWER("<value><array><data/><data/></array></value>"),
		  "<data> is one too many" },
		{ ANSWER("<value><array><value/></array></value>"), "may not stand in <array>" },
		{ ANSWER(LIST("<int>1</int>")), "<int> may not stand in <data>" },
		{ ANSWER(STRUCT("<value/>")), "<value> may not stand in <struct>" },
		{ ANSWER(STRUCT("<member/>")), "<member> lacks" },
		{ ANSWER(STRUCT("<member><name>a</name></member>")), "<member> lacks" },
		{ ANSWER(STRUCT("<member><value/><name>a</name></member>")),
		  "does not begin with its name" },
		{ ANSWER(STRUCT("<member><name>a</name><name>b</name><value/></member>")),
		  "<name> is one too many" },
		{ ANSWER(STRUCT("<member><name>a</name><value/><value/></member>")),
		  "<value> is one too many" },
		{ ANSWER(STRUCT(MEMBER("a", "<value/>") MEMBER("a", "<value/>"))),
		  "the member \"a\" stands twice" },
		{ ANSWER(STRUCT(MEMBER("a", "<value><nil/></value>") MEMBER("a", LIST("")))),
		  "the member \"a\" stands twice" },
		{ "<methodCall/>", "<methodCall> lacks" },
		{ "<methodCall><params/></methodCall>", "does not begin with its name" },
		{ "<methodCall><methodName>a</methodName><methodName/></methodCall>",
		  "<methodName> is one too many" },
		{ "<methodCall><methodName>a</methodName><fault/></methodCall>",
		  "<fault> may not stand in <methodCall>" },
		{ "", "no element found" },
		{ " ", "no element found" },
		{ "502 Bad Gateway", "syntax error" },
		{ ANSWER("<value/>") "<methodResponse/>", "junk after document" },
		{ ANSWER("<value>&nbsp;</value>"), "undefined entity" },
		{ ANSWER("<value>&#0;</value>"), "invalid character number" },
		{ ANSWER("<value>\x01</value>"), "not well-formed" },
		{ ANSWER("<value>\xff</value>"), "not well-formed" },
		{ ANSWER("<value>\xed\xa0\x80</value>"), "not well-formed" },
		{ ANSWER("<value><int>1</value>"), "mismatched tag" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		check_refused(cases[i].xml, cases[i].message);
}

static void p7_a_document_type_is_refused_before_it_is_read(void **state)
{
	static const char *const types[] = {
		"<!DOCTYPE methodResponse>",
		"<!DOCTYPE methodResponse SYSTEM \"file:///etc/passwd\">",
		"<!DOCTYPE methodResponse PUBLIC \"x\" \"http://127.0.0.1/x\">",
		"<!DOCTYPE methodResponse [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>",
		"<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
		"<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>",
		"<!DOCTYPE x [<!ENTITY % p SYSTEM \"x\"> %p;]>",
		"<!DOCTYPE x [", /* and no end */
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		g_autofree char *text =
			g_strconcat(types[i],
				    "<methodResponse><params><param><value>&d;</value></param>"
				    "</params></methodResponse>",
				    NULL);

		check_refused(text, "a document type is not allowed");
	}
}

/* The answer of so many lists, or structs, one in the other. */
static char *nested(unsigned depth, bool is_list)
{
	GString *text = g_string_new("<methodResponse><params><param>");

	for (unsigned i = 0; i < depth; i++)
		g_string_append(text, is_list ? "<value><array><data>"
					      : "<value><struct><member><name>a</name>");
	g_string_append(text, "<value><int>1</int></value>");
	for (unsigned i = 0; i < depth; i++)
		g_string_append(text,
				is_list ? "</data></array></value>" : "</member></struct></value>");
	g_string_append(text, "</param></params></methodResponse>");
	return g_string_free(text, FALSE);
}

static void p7_values_nest_64_levels_deep_and_no_deeper(void **state)
{
	(void)state;
	for (int is_list = 0; is_list < 2; is_list++) {
		g_autofree char *deep = nested(XMLRPC_DEPTH_MAX, is_list);
		g_autofree char *deeper = nested(XMLRPC_DEPTH_MAX + 1, is_list);
		g_autofree char *deepest = nested(100000, is_list);
		g_auto(XmlrpcMessage) message = { 0 };
		g_autoptr(GString) call = g_string_new("before");
		g_autoptr(JsonObject) params = json_object_new_array();
		g_autoptr(GError) error = NULL;

		check_refused(deeper, "more than 64 levels");
		check_refused(deepest, "more than 64 levels");
		assert_true(read_text(deep, &message, NULL));
		json_object_array_add(params, json_object_new_array());
		json_object_array_add(json_object_array_get_idx(params, 0),
				      json_object_get(message.value));
		assert_false(append_xmlrpc_call(call, "echo", params, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE));
		assert_non_null(strstr(error->message, "nested more than 64 levels"));
		assert_string_equal(call->str, "before");
		json_object_array_put_idx(params, 0, json_object_get(message.value));
		assert_true(append_xmlrpc_call(call, "echo", params, NULL));
	}
}

static long peak_memory(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss; /* KiB */
}

static void p7_a_byte_more_than_64_mib_is_refused_and_none_is_held(void **state)
{
	static const char answer[] = ANSWER("<value>x</value>");
	const size_t piece = 1 << 20;
	g_autofree char *blanks = g_strnfill(piece, ' ');
	long before = peak_memory();

	(void)state;
	for (int surplus = 0; surplus < 2; surplus++) {
		g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();
		g_auto(XmlrpcMessage) message = { 0 };
		g_autoptr(GError) error = NULL;
		size_t left = XMLRPC_BYTES_MAX + surplus - strlen(answer);
		bool is_good = xmlrpc_reader_feed(reader, answer, strlen(answer), NULL);

		for (; is_good && left > 0; left -= MIN(left, piece))
			is_good = xmlrpc_reader_feed(reader, blanks, MIN(left, piece), &error);
		assert_int_equal(is_good, !surplus);
		assert_int_equal(xmlrpc_reader_end(reader, &message, NULL), !surplus);
		if (surplus)
			assert_non_null(strstr(error->message, "more than 67108864 bytes"));
	}
	assert_true(peak_memory() - before < 16 << 10);
}

static void p7_a_small_text_cannot_become_much_memory(void **state)
{
	static const char start[] = "<methodResponse><params><param><value><array><data>";
	static const char item[] = "<value><struct/></value>";
	g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();
	g_autoptr(GError) error = NULL;
	long before = peak_memory();

	(void)state;
	assert_true(xmlrpc_reader_feed(reader, start, strlen(start), NULL));
	while (xmlrpc_reader_feed(reader, item, strlen(item), &error))
		continue;
	assert_non_null(strstr(error->message, "too many values"));
	assert_true(peak_memory() - before < 1 << 20);
}

static void a_tag_that_never_ends_is_refused_early(void **state)
{
	static const char *const starts[] = {
		"<methodResponse a='",
		"<methodResponse><!--",
		"<!--",
		"<?xml version='1.0'?><?x ",
		ANSWER("<value/>") "<!--",
		"<methodResponse><params ",
		"<methodResponse><params></",
		"<",
	};
	g_autofree char *letters = g_strnfill(16384, 'a');

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++) {
		g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();
		g_autoptr(GError) error = NULL;
		unsigned fed = 0;

		assert_true(xmlrpc_reader_feed(reader, starts[i], strlen(starts[i]), NULL));
		while (fed < 64 && xmlrpc_reader_feed(reader, letters, 16384, &error))
			fed++;
		if (fed > 2)
			fail_msg("%s: %u pieces were taken", starts[i], fed);
		assert_non_null(strstr(error->message, "is longer than"));
	}
}

/* Reads the two ends with so many bytes between them, at once and in small pieces. */
static bool is_read_with(const char *const ends[2], char middle, size_t length)
{
	static const struct pieces ways[] = { { 0 }, { .max = 100 }, { .max = 5000 } };
	g_autofree char *filling = g_strnfill(length, middle);
	g_autofree char *text = g_strconcat(ends[0], filling, ends[1], NULL);
	int read = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(ways); i++) {
		g_auto(XmlrpcMessage) message = { 0 };

		read += read_in_pieces(text, strlen(text), &ways[i], &message, NULL);
	}
	if (read != 0 && read != (int)G_N_ELEMENTS(ways))
		fail_msg("how %s is read with %zu bytes depends on the pieces", ends[0], length);
	return read != 0;
}

static void how_long_a_tag_may_be_does_not_depend_on_pieces(void **state)
{
#define START "<methodResponse><params><param><value>"
#define END   "</value></param></params></methodResponse>"
	static const struct {
		const char *ends[2];
		char middle;
	} cases[] = {
		{ { START "<!--", "-->" END }, 'a' },
		{ { START "<?x ", "?>" END }, ' ' },
		{ { START "<int a='", "'>1</int>" END }, 'a' },
		{ { START "<int>1</int", ">" END }, '\n' },
		{ { START "&#x", "41;" END }, '0' },
		{ { START "<![CDATA[]]><!--", "-->" END }, '>' },
		{ { "<?xml version='1.0'", "?>" START END }, ' ' },
		{ { "<!--", "-->" START END }, 'a' },
		{ { START END "<!--", "-->" }, 'a' },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_true(is_read_with(cases[i].ends, cases[i].middle, 4000));
		assert_false(is_read_with(cases[i].ends, cases[i].middle, 4100));
		assert_false(is_read_with(cases[i].ends, cases[i].middle, 9000));
		assert_false(is_read_with(cases[i].ends, cases[i].middle, 40000));
	}
}

static void text_may_be_long(void **state)
{
	static const char *const ends[][2] = {
		{ START, END },
		{ START "<string>", "</string>" END },
		{ START "<![CDATA[", "]]>" END },
		{ START "<int>1</int>", END },
		{ "", START END },
		{ START END, "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		assert_true(is_read_with(ends[i], '\n', 100000));
	assert_true(is_read_with(ends[1], 'a', 100000));
	assert_true(is_read_with(ends[2], ']', 100000));
}

static void after_a_mistake_nothing_more_is_taken(void **state)
{
	g_autoptr(XmlrpcReader) reader = xmlrpc_reader_new();
	g_auto(XmlrpcMessage) message = { 0 };
	g_autoptr(GError) first = NULL;
	g_autoptr(GError) second = NULL;
	g_autoptr(GError) third = NULL;

	(void)state;
	assert_false(xmlrpc_reader_feed(reader, "\n <x>", 5, &first));
	assert_string_equal(first->message, "line 2, column 2: <x> is not known in XML-RPC");
	assert_false(xmlrpc_reader_feed(reader, "<y>", 3, &second));
	assert_false(xmlrpc_reader_end(reader, &message, &third));
	assert_string_equal(second->message, first->message);
	assert_string_equal(third->message, first->message);
	assert_false(xmlrpc_reader_feed(reader, "<y>", 3, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_type_has_its_value),
		cmocka_unit_test(text_is_as_it_was_meant),
		cmocka_unit_test(lists_and_structs_keep_their_order),
		cmocka_unit_test(a_call_has_a_method_and_its_parameters),
		cmocka_unit_test(a_fault_has_a_code_and_a_text),
		cmocka_unit_test(what_is_no_value_of_its_type_is_refused),
		cmocka_unit_test(what_stands_in_the_wrong_place_is_refused),
		cmocka_unit_test(p7_a_document_type_is_refused_before_it_is_read),
		cmocka_unit_test(p7_values_nest_64_levels_deep_and_no_deeper),
		cmocka_unit_test(p7_a_byte_more_than_64_mib_is_refused_and_none_is_held),
		cmocka_unit_test(p7_a_small_text_cannot_become_much_memory),
		cmocka_unit_test(a_tag_that_never_ends_is_refused_early),
		cmocka_unit_test(how_long_a_tag_may_be_does_not_depend_on_pieces),
		cmocka_unit_test(text_may_be_long),
		cmocka_unit_test(after_a_mistake_nothing_more_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/* The reader and the writer of XML-RPC at what a real hub and its clients said. */

#include "base/error.h"
#include "tests/unit/text/koji_recorded.h"
#include "tests/unit/text/xmlrpc_reading.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const struct pieces whole = { 0 };
static const struct pieces bytewise = { .max = 1 };

static bool read_recorded(const char *name, const char *ending, const struct pieces *pieces,
			  struct xmlrpc_message *ret, GError **error)
{
	gsize length;
	g_autofree char *text = load_recorded(name, ending, &length);

	return read_in_pieces(text, length, pieces, ret, error);
}

/* The status that the hub answered with. */
static unsigned status_of(const char *head)
{
	const char *line = strstr(head, "HTTP/1.1 ");

	while (line && line > head && line[-1] != '\n')
		line = strstr(line + 1, "HTTP/1.1 ");
	assert_non_null(line);
	return (unsigned)g_ascii_strtoull(line + strlen("HTTP/1.1 "), NULL, 10);
}

static void an_answer_is_read_exactly_when_its_status_is_200(void **state)
{
	g_autoptr(GPtrArray) names = recorded_names(".response.xml");
	unsigned read = 0;

	(void)state;
	assert_true(names->len >= 400);
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *head = load_recorded(name, ".headers", NULL);
		g_auto(XmlrpcMessage) message = { 0 };
		g_auto(XmlrpcMessage) again = { 0 };
		g_autoptr(GError) error = NULL;
		bool is_read = read_recorded(name, ".response.xml", &whole, &message, &error);

		if (is_read != (status_of(head) == 200))
			fail_msg("%s: %s", name, is_read ? "was read" : error->message);
		if (!is_read)
			assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
		if (read_recorded(name, ".response.xml", &bytewise, &again, NULL) != is_read ||
		    !json_object_equal(again.value, message.value))
			fail_msg("%s is read in another way byte by byte", name);
		assert_null(message.method);
		read += is_read;
	}
	assert_true(read >= 400);
}

static void each_fault_has_its_code(void **state)
{
	static const struct {
		const char *name;
		int code;
		const char *text; /* how it begins */
	} cases[] = {
		{ "CGImport_missing_field_fault", 1, "<class 'KeyError'>: 'end_time'" },
		{ "CGImport_exists_fault", 1000, "Build already exists: testmod-f30-60857" },
		{ "rawUpload_LockError", 1001, "[Errno 11] Resource temporarily unavailable" },
		{ "call_after_logout_fault", 1002, "Invalid session or bad credentials" },
		{ "tagBuildBypass_again_fault", 1003, "build rida-hello-1.0-1.module_f30" },
		{ "addBType_ActionNotAllowed", 1004, "admin permission required" },
		{ "getTaskResult_bad_repo_id_fault", 1005, "No such repo: 999999" },
		{ "AuthLockError", 1006, "User locked by another session" },
		{ "expired_session_AuthExpired", 1007, "session \"14\" has expired" },
		{ "callnum_6_SequenceError", 1008, "7 > 6 (session 13)" },
		{ "callnum_7_write_again_RetryError", 1009, "unable to retry call 7 (method " },
		{ "fault_lockout", 1014, "Server disabled for maintenance" },
		{ "build_int_src_fault", 1019, "Invalid type for value '5': <class 'int'>" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(XmlrpcMessage) message = { 0 };

		assert_true(read_recorded(cases[i].name, ".response.xml", &whole, &message, NULL));
		assert_true(message.is_fault);
		assert_null(message.value);
		assert_int_equal(message.fault_code, cases[i].code);
		if (!g_str_has_prefix(message.fault_text, cases[i].text))
			fail_msg("%s: %s", cases[i].name, message.fault_text);
	}
}

static void each_answer_means_what_the_hub_meant(void **state)
{
	static const struct {
		const char *name;
		const char *member; /* NULL: the whole answer */
		const char *json;
	} cases[] = {
		{ "echo_types", NULL,
		  "[1,-1,2147483647,2147483648,-2147483649,9223372036854775807,null,true,false,1.5,"
		  "\"\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd \\u003ck\xc5\xaf\xc5\x88> & "
		  "\\\"x\\\"\",\"\",[],{},[1,[2,null]],{\"a\":{\"b\":null}}]" },
		{ "echo_request_variants", NULL,
		  "[\"untyped\",\"\",\"\",\"\",5,5000000000,5000000000,null,null,10000000000.0,"
		  "true,{\"__base64\":\"\\naGVsbG8=\\n\"},"
		  "{\"__dateTime.iso8601\":\"20200102T03:04:05\"},[],{},"
		  "\"\xc5\xbe\\u003c&\\n\\ttab\"]" },
		{ "getRPMHeaders_more", "SIGMD5",
		  "{\"__base64\":\"\\nzsHMbn8fz1026CESCEs0rA==\\n\"}" },
		{ "getRPMHeaders_more", "requirename",
		  "[\"rpmlib(CompressedFileNames)\",\"rpmlib(FileDigests)\"]" },
		{ "getRPMHeaders_missing_rpm", NULL, "{}" },
		{ "getRPM_i8_size", "size", "5368709120" },
		{ "getRPM_i8_size", "epoch", "null" },
		{ "getTag_extra_types", "extra",
		  "{\"mock.package_manager\":\"dnf\",\"repo_include_all\":true,"
		  "\"mock.new_chroot\":0,\"dynamic_buildrequires\":null,\"big\":5000000000,"
		  "\"float\":1.5,\"list\":[\"a\",null,{\"k\":\"\xc5\xbelu\xc5\xa5ou\xc4\x8dk\xc3\xbd"
		  "\"}],\"empty\":\"\",\"nested\":{\"x\":{\"y\":[]}}}" },
		{ "getTag_extra_types", "maven_support", "false" },
		{ "getTaskDescendents_missing", NULL, "{\"999999\":[]}" },
		{ "getTagGroups_noinherit", NULL, "[]" },
		{ "multiCall_ok", NULL, "[[null],[null],[9],[null]]" },
		{ "multiCall_empty_raw", NULL, "[]" },
		{ "hasPerm_true", NULL, "true" },
		{ "getAverageBuildDuration_unknown", NULL, "null" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_auto(XmlrpcMessage) message = { 0 };
		g_autofree char *shown = NULL;
		struct json_object *value;

		assert_true(read_recorded(cases[i].name, ".response.xml", &whole, &message, NULL));
		assert_false(message.is_fault);
		value = message.value;
		if (cases[i].member)
			assert_true(
				json_object_object_get_ex(message.value, cases[i].member, &value));
		shown = shown_value(value);
		assert_string_equal(shown, cases[i].json);
	}
}

/* The bodies that are no calls, or none that we would take; the hub said 400 to others, and
 * uploads are told by their type. */
static bool is_call(const char *name, const char *head)
{
	static const char *const others[] = {
		"echo_latin1_declared", /* we read UTF-8 only */
		"http_no_method",       /* the hub calls nothing, and says so */
		"int_overflow_fault",   /* Python's integers have no limit */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (g_str_equal(name, others[i]))
			return false;
	return status_of(head) != 400 && status_of(head) != 405 && !strstr(head, "octet-stream");
}

/* Of several ways to say the same, the writer has one; these are the others. */
static bool is_odd(const char *name)
{
	return g_str_equal(name, "echo_request_variants") || g_str_equal(name, "http_no_params");
}

/* The text of a call without its declaration and without blanks between elements. */
static char *bare(const char *text)
{
	g_autoptr(GRegex) blanks = g_regex_new("^<\\?xml[^>]*>|(?<=>)\\s+(?=<)|\\s+$", 0, 0, NULL);

	return g_regex_replace_literal(blanks, text, -1, 0, "", 0, NULL);
}

/* Reads what was sent, writes it and reads that. Returns whether both texts are the same. */
static bool check_call(const char *name, const char *text, gsize length)
{
	g_auto(XmlrpcMessage) sent = { 0 };
	g_auto(XmlrpcMessage) again = { 0 };
	g_autoptr(GString) written = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	g_autofree char *theirs = bare(text);
	g_autofree char *ours = NULL;

	if (!read_in_pieces(text, length, &whole, &sent, &error) ||
	    !append_xmlrpc_call(written, sent.method, sent.value, &error) ||
	    !read_in_pieces(written->str, written->len, &whole, &again, &error))
		fail_msg("%s: %s", name, error->message);
	assert_string_equal(again.method, sent.method);
	if (!json_object_equal(again.value, sent.value))
		fail_msg("%s means something else once written: %s", name, written->str);
	ours = bare(written->str);
	return g_str_equal(ours, theirs);
}

static void each_recorded_call_is_written_as_it_was_sent(void **state)
{
	g_autoptr(GPtrArray) names = recorded_names(".request.xml");
	unsigned calls = 0;

	(void)state;
	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		g_autofree char *head = load_recorded(name, ".headers", NULL);
		gsize length;
		g_autofree char *text = load_recorded(name, ".request.xml", &length);
		g_auto(XmlrpcMessage) message = { 0 };

		if (!is_call(name, head)) {
			assert_false(read_in_pieces(text, length, &whole, &message, NULL));
			continue;
		}
		calls++;
		if (check_call(name, text, length) == is_odd(name))
			fail_msg("%s is%s written as it was sent", name,
				 is_odd(name) ? "" : " not");
	}
	assert_true(calls >= 380);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read_exactly_when_its_status_is_200),
		cmocka_unit_test(each_fault_has_its_code),
		cmocka_unit_test(each_answer_means_what_the_hub_meant),
		cmocka_unit_test(each_recorded_call_is_written_as_it_was_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "base/yaml_events.h"

#include <string.h>

#include "base/error.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Writes the items as text: {k:v ...}, [v ...]; keys are followed by a colon. */
static bool write_item(const struct yaml_item *item, void *data, GError **error)
{
	static const char *const marks[] = { NULL, "{", "}", "[", "]" };
	GString *out = data;

	(void)error;
	if (item->kind == YAML_SCALAR)
		g_string_append_printf(out, "%.*s%s", (int)item->length, item->text,
				       item->is_key ? ":" : " ");
	else
		g_string_append(out, marks[item->kind]);
	return true;
}

static void a_document_is_a_sequence_of_items(void **state)
{
	static const struct {
		const char *text, *items;
	} cases[] = {
		{ "a", "a " },
		{ "--- a\n...\n", "a " },
		{ "a: b\n", "{a:b }" },
		{ "a: b\nc: [d, e]\n", "{a:b c:[d e ]}" },
		{ "a:\n  - b\n  - c: d\n", "{a:[b {c:d }]}" },
		{ "a:\n  b:\n    c: d\ne: f\n", "{a:{b:{c:d }}e:f }" },
		{ "a: {}\nb: []\nc:\n", "{a:{}b:[]c: }" },
		{ "- [[a], b]\n- {}\n", "[[[a ]b ]{}]" },
		{ "a: |\n  two\n  lines\n", "{a:two\nlines\n }" },
		{ "\"a\": 'b'\n", "{a:b }" },
		{ "# comment\na: b # more\n", "{a:b }" },
		{ "x: {a: 1}\ny: {a: 1}\n", "{x:{a:1 }y:{a:1 }}" },
		{ "[a: b, a: b]\n", "[{a:b }{a:b }]" },
		{ "\xef\xbb\xbf"
		  "a: b\nc: d\n",
		  "{a:b c:d }" },
		{ "a: https://h/x:y/\n", "{a:https://h/x:y/ }" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(GError) error = NULL;

		if (!yaml_events_read(cases[i].text, strlen(cases[i].text), &yaml_caps_document,
				      write_item, out, &error))
			fail_msg("%s: %s", cases[i].text, error->message);
		assert_string_equal(out->str, cases[i].items);
	}
}

static void what_is_not_allowed_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text, *message;
	} cases[] = {
		{ "a: &x b\n", "line 1, column 4: anchors" },
		{ "a: &x [b]\n", "line 1, column 4: anchors" },
		{ "a: &x {b: c}\n", "line 1, column 4: anchors" },
		{ "a: b\nc: *x\n", "line 2, column 4: aliases" },
		{ "a: !x b\n", "line 1, column 4: tags" },
		{ "a: !!python/object/apply:os.system [id]\n", "line 1, column 4: tags" },
		{ "a: !!str b\n", "line 1, column 4: tags" },
		{ "a: !!map {b: c}\n", "line 1, column 4: tags" },
		{ "!x a: b\n", "tags" },
		{ "a: 1\nb: 2\na: 3\n", "line 3, column 1: this key stands twice" },
		{ "a: 1\n\"a\": 2\n", "line 2, column 1: this key stands twice" },
		{ "x:\n  a: 1\n  'a': 2\n", "line 3, column 3: this key stands twice" },
		{ "{a: 1, a: 2}\n", "line 1, column 8: this key stands twice" },
		{ "a: {\"b\": 1, \"\\x62\": 2}\n", "this key stands twice" },
		{ "a: b\n---\nc: d\n", "line 2, column 1: only one document" },
		{ "--- a\n--- b\n", "only one document" },
		{ "a: b\n...\n---\n", "only one document" },
		{ "[a]: b\n", "a mapping's key must be a plain word" },
		{ "{a: b}: c\n", "a mapping's key must be a plain word" },
		{ "? [a]\n: b\n", "a mapping's key must be a plain word" },
		{ "a: \"b\\0c\"\n", "a NUL byte" },
		{ "\"a\\0b\": c\n", "a NUL byte" },
		{ "", "the document is empty" },
		{ "# only a comment\n", "the document is empty" },
		{ "a: [b\n", "line" },
		{ "a: b: c\n", "line 1" },
		{ "a: \"b\n", "line" },
		{ "\ta: b\n", "line 1" },
		{ "a: b\n c: d\n", "line 2" },
		{ "a: @b\n", "line 1" },
		{ "a: `b`\n", "line 1" },
		{ "%YAML 9.9\n--- a\n", "line 1" },
		{ "a: \xff\n", "not UTF-8" },
		{ "a: \xc0\xaf\n", "not UTF-8" },
		{ "\xff\xfe"
		  "a",
		  "not UTF-8" },
		{ "a: \x01\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;

		if (yaml_events_read(cases[i].text, strlen(cases[i].text), &yaml_caps_document,
				     NULL, NULL, &error))
			fail_msg("was read: %s", cases[i].text);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
		if (!strstr(error->message, cases[i].message))
			fail_msg("%s: %s", cases[i].text, error->message);
	}
}

static void a_raw_nul_byte_is_refused(void **state)
{
	(void)state;
	assert_false(yaml_events_read("a: b\0c", 6, &yaml_caps_document, NULL, NULL, NULL));
	assert_false(yaml_events_read("a: b\n\0", 6, &yaml_caps_document, NULL, NULL, NULL));
}

static void each_cap_holds_to_the_last_one(void **state)
{
	static const struct {
		const char *text;
		struct yaml_caps caps;
		bool is_good;
	} cases[] = {
		{ "a: bb", { 5, 9, 99, 9 }, true },  { "a: bb", { 4, 9, 99, 9 }, false },
		{ "[[a]]", { 9, 2, 99, 9 }, true },  { "[[a]]", { 9, 1, 99, 9 }, false },
		{ "[a]", { 9, 9, 3, 9 }, true },     { "[a]", { 9, 9, 2, 9 }, false },
		{ "[aaaa]", { 9, 9, 99, 4 }, true }, { "[aaaa]", { 9, 9, 99, 3 }, false },
		{ "aaa: b", { 9, 9, 99, 3 }, true }, { "aaa: b", { 9, 9, 99, 2 }, false },
		{ "a", { 9, 0, 99, 9 }, true },      { "[]", { 9, 0, 99, 9 }, false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		if (yaml_events_read(cases[i].text, strlen(cases[i].text), &cases[i].caps, NULL,
				     NULL, NULL) != cases[i].is_good)
			fail_msg("case %zu: %s", i, cases[i].text);
}

static bool refuse_second(const struct yaml_item *item, void *data, GError **error)
{
	unsigned *count = data;

	(void)item;
	if (++*count < 2)
		return true;
	g_set_error(error, RIDA_ERROR, RIDA_ERROR_UNACCEPTABLE, "enough");
	return false;
}

static void the_caller_can_end_the_pass(void **state)
{
	g_autoptr(GError) error = NULL;
	unsigned count = 0;

	(void)state;
	assert_false(yaml_events_read("[a, b, c]", 9, &yaml_caps_document, refuse_second, &count,
				      &error));
	assert_string_equal(error->message, "enough");
	assert_int_equal(count, 2);
}

static char *repeated(const char *part, size_t length)
{
	GString *text = g_string_sized_new(length);

	while (text->len < length)
		g_string_append(text, part);
	g_string_truncate(text, length);
	return g_string_free(text, FALSE);
}

/* libyaml alone needs more than a minute for 200 kB of some of these. */
static void hostile_texts_are_refused_quickly(void **state)
{
	static const char *const parts[] = {
		"[",     "{",     "[[",         "{a: ", "{a: [", "[{", "- ", "-\n", "? ",
		"?\n",   ": ",    "a: ",        "[\n",  "{\n",   "[,", "[]", "{}",  "- [",
		"&a ",   "*a ",   "!a ",        "!",    "\"",    "'",  "|",  ">",   "%",
		"---\n", "...\n", "[? ",        "\\",   "#",     "a",  "a ", "a\n", "a: b\n",
		"- a\n", "[a: ",  "\"\\x41\" ", "!<",   "@",     "`",  ",",  "]",   "}",
	};
	const size_t length = 1 << 20;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		g_autofree char *text = repeated(parts[i], length);
		gint64 start = g_get_monotonic_time();

		if (yaml_events_read(text, length, &yaml_caps_document, NULL, NULL, NULL))
			fail_msg("was read: %s", parts[i]);
		if (g_get_monotonic_time() - start > 2 * G_USEC_PER_SEC)
			fail_msg("%s took %" G_GINT64_FORMAT " ms", parts[i],
				 (g_get_monotonic_time() - start) / 1000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_a_sequence_of_items),
		cmocka_unit_test(what_is_not_allowed_is_refused_with_its_place),
		cmocka_unit_test(a_raw_nul_byte_is_refused),
		cmocka_unit_test(each_cap_holds_to_the_last_one),
		cmocka_unit_test(the_caller_can_end_the_pass),
		cmocka_unit_test(hostile_texts_are_refused_quickly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "text/json.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* A text that may hold NUL bytes, and what it is written as; NULL: it must be refused. */
struct sample {
	char *bytes;
	size_t length;
	bool is_good;
	char *written; /* NULL: as it may be */
};

static GArray *suite;

/* Bytes of a text whose escapes are of two or four characters. */
static size_t unescaped_length(const char *text)
{
	size_t length = 0;

	for (; *text; length++)
		text += *text != '\\' ? 1 : g_ascii_isdigit(text[1]) ? 4 : 2;
	return length;
}

static int load_suite(void **state)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	(void)state;
	suite = g_array_new(FALSE, TRUE, sizeof(struct sample));
	if (!g_file_get_contents(FIXTURES "/json-suite.txt", &text, NULL, NULL))
		return -1;
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		g_auto(GStrv) words = g_strsplit(*line, "\t", 3);
		struct sample sample = { 0 };

		if (**line == '#' || !words[0] || !words[1])
			continue;
		sample.bytes = g_strcompress(words[1]);
		sample.length = unescaped_length(words[1]);
		sample.is_good = g_str_equal(words[0], "accepted");
		sample.written = words[2] ? g_strcompress(words[2]) : NULL;
		g_array_append_val(suite, sample);
	}
	return 0;
}

static int unload_suite(void **state)
{
	(void)state;
	for (guint i = 0; i < suite->len; i++) {
		g_free(g_array_index(suite, struct sample, i).bytes);
		g_free(g_array_index(suite, struct sample, i).written);
	}
	g_array_unref(suite);
	return 0;
}

static void check_sample(const struct sample *sample)
{
	g_autoptr(JsonObject) value = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) out = g_string_new(NULL);
	bool is_good = read_json(sample->bytes, sample->length, &value, &error);

	if (is_good != sample->is_good)
		fail_msg("%s: %s", sample->bytes, is_good ? "was read" : error->message);
	if (!is_good) {
		assert_null(value);
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
		assert_true(*error->message);
		return;
	}
	append_json(out, value);
	if (sample->written)
		assert_string_equal(out->str, sample->written);
}

static void p4_each_text_of_the_suite_gets_its_verdict(void **state)
{
	(void)state;
	assert_true(suite->len >= 300);
	for (guint i = 0; i < suite->len; i++)
		check_sample(&g_array_index(suite, struct sample, i));
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
		cmocka_unit_test(p4_each_text_of_the_suite_gets_its_verdict),
		cmocka_unit_test(only_the_given_length_counts),
		cmocka_unit_test(a_text_over_the_cap_is_refused),
		cmocka_unit_test(hostile_nesting_is_refused_quickly),
		cmocka_unit_test(the_message_names_the_place),
		cmocka_unit_test(a_streamed_text_is_escaped),
		cmocka_unit_test(a_member_must_be_a_text_of_bounded_length),
	};
	return cmocka_run_group_tests(tests, load_suite, unload_suite);
}

/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "text/query.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void percent_escapes_are_decoded_once(void **state)
{
	static const struct {
		const char *text;
		bool plus_is_blank;
		const char *decoded; /* NULL: refused */
	} cases[] = {
		{ "", false, "" },
		{ "plain", false, "plain" },
		{ "a%20b", false, "a b" },
		{ "a+b", true, "a b" },
		{ "a+b", false, "a+b" },
		{ "a%2Bb", true, "a+b" },
		{ "%41%4a%4A", false, "AJJ" },
		{ "%2541", false, "%41" },
		{ "%C3%A9", false, "\xc3\xa9" },
		{ "\xc3\xa9", false, "\xc3\xa9" },
		{ "%0a", false, "\n" },
		{ "%", false, NULL },
		{ "%4", false, NULL },
		{ "a%", false, NULL },
		{ "%zz", false, NULL },
		{ "%4g", false, NULL },
		{ "%g4", false, NULL },
		{ "% 4", false, NULL },
		{ "%+4", true, NULL },
		{ "%%41", false, NULL },
		{ "%00", false, NULL },
		{ "a%00b", false, NULL },
		{ "%ff", false, NULL },
		{ "%C3", false, NULL },
		{ "%C3%28", false, NULL },
		{ "%C0%AF", false, NULL },
		{ "%E0%80%AF", false, NULL },
		{ "%C0%80", false, NULL },
		{ "%ED%A0%80", false, NULL },
		{ "%F4%90%80%80", false, NULL },
		{ "\xff", false, NULL },
		{ "%u0041", false, NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *decoded = NULL;
		bool is_good = percent_decode(cases[i].text, strlen(cases[i].text),
					      cases[i].plus_is_blank, &decoded, NULL);

		if (is_good != !!cases[i].decoded)
			fail_msg("%s", cases[i].text);
		if (is_good)
			assert_string_equal(decoded, cases[i].decoded);
	}
}

static void an_escape_is_not_completed_from_beyond_the_length(void **state)
{
	g_autofree char *decoded = NULL;

	(void)state;
	assert_false(percent_decode("%41", 2, false, &decoded, NULL));
	assert_true(percent_decode("%4141", 3, false, &decoded, NULL));
	assert_string_equal(decoded, "A");
}

static void a_query_is_a_list_of_pairs(void **state)
{
	static const struct {
		const char *text, *pairs; /* "name=value|" */
	} cases[] = {
		{ "", "" },
		{ "a=b", "a=b|" },
		{ "a", "a=|" },
		{ "a=", "a=|" },
		{ "=b", "=b|" },
		{ "=", "=|" },
		{ "a=b&c=d", "a=b|c=d|" },
		{ "&&a=b&&", "a=b|" },
		{ "a=b&a=c", "a=b|a=c|" },
		{ "a=b=c", "a=b=c|" },
		{ "a+b=c+d", "a b=c d|" },
		{ "a%3Db=c%26d", "a=b=c&d|" },
		{ "verbose=true&page=2", "verbose=true|page=2|" },
		{ "a;b=c", "a;b=c|" },
		{ "a=?#", "a=?#|" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) all = g_string_new(NULL);
		g_autoptr(GPtrArray) pairs = NULL;

		assert_true(query_read(cases[i].text, &pairs, NULL));
		for (guint j = 0; j < pairs->len; j++) {
			const struct query_pair *pair = pairs->pdata[j];

			g_string_append_printf(all, "%s=%s|", pair->name, pair->value);
		}
		assert_string_equal(all->str, cases[i].pairs);
	}
}

static void a_bad_query_is_refused(void **state)
{
	static const char *const cases[] = { "%zz",       "a=%",      "a=%00", "%00=a",
					     "a=b&c=%ff", "a=%c0%af", "a=\xff" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) pairs = NULL;

		assert_false(query_read(cases[i], &pairs, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_MALFORMED));
		assert_null(pairs);
	}
}

static char *repeated(const char *part, size_t count)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < count; i++)
		g_string_append(text, part);
	return g_string_free(text, FALSE);
}

static void the_caps_of_a_query_hold(void **state)
{
	g_autofree char *most = repeated("a=b&", QUERY_PAIRS_MAX);
	g_autofree char *too_many = repeated("a=b&", QUERY_PAIRS_MAX + 1);
	g_autofree char *longest = g_strnfill(QUERY_BYTES_MAX, 'a');
	g_autofree char *too_long = g_strnfill(QUERY_BYTES_MAX + 1, 'a');
	g_autoptr(GPtrArray) first = NULL;
	g_autoptr(GPtrArray) second = NULL;

	(void)state;
	assert_true(query_read(most, &first, NULL));
	assert_int_equal(first->len, QUERY_PAIRS_MAX);
	assert_false(query_read(too_many, &second, NULL));
	assert_false(query_read(too_long, &second, NULL));
	assert_true(query_read(longest, &second, NULL));
}

static void the_first_value_of_a_name_counts(void **state)
{
	g_autoptr(GPtrArray) pairs = NULL;

	(void)state;
	assert_true(query_read("a=1&b=2&a=3&c", &pairs, NULL));
	assert_string_equal(query_value(pairs, "a"), "1");
	assert_string_equal(query_value(pairs, "c"), "");
	assert_null(query_value(pairs, "A"));
	assert_null(query_value(pairs, ""));
}

static void templates_are_filled(void **state)
{
	static const char *const pairs[] = { "name", "bash", "hash", "{name}", "empty", "", NULL };
	static const struct {
		const char *text, *filled; /* NULL: refused */
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "{name}", "bash" },
		{ "https://h/rpms/{name}.git", "https://h/rpms/bash.git" },
		{ "{name}{name}-{hash}{empty}", "bashbash-{name}" },
		{ "{other}", NULL },
		{ "{nam}", NULL },
		{ "{names}", NULL },
		{ "{Name}", NULL },
		{ "{}", NULL },
		{ "{", NULL },
		{ "}", NULL },
		{ "{name", NULL },
		{ "name}", NULL },
		{ "{{name}}", NULL },
		{ "{na{me}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		g_autofree char *filled = NULL;

		if (template_fill(cases[i].text, pairs, &filled, &error) != !!cases[i].filled)
			fail_msg("%s", cases[i].text);
		if (cases[i].filled)
			assert_string_equal(filled, cases[i].filled);
		else
			assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_INTERNAL));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percent_escapes_are_decoded_once),
		cmocka_unit_test(an_escape_is_not_completed_from_beyond_the_length),
		cmocka_unit_test(a_query_is_a_list_of_pairs),
		cmocka_unit_test(a_bad_query_is_refused),
		cmocka_unit_test(the_caps_of_a_query_hold),
		cmocka_unit_test(the_first_value_of_a_name_counts),
		cmocka_unit_test(templates_are_filled),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

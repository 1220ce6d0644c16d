/* SPDX-License-Identifier: MIT */
#include "text/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"

#include <cmocka.h>

static struct ini *ini_of(const char *text)
{
	g_autoptr(Ini) ini = ini_new();
	g_autoptr(GError) error = NULL;

	if (!ini_read(ini, "file", text, strlen(text), &error))
		fail_msg("\"%s\": %s", text, error->message);
	return g_steal_pointer(&ini);
}

static void check_value(const struct ini *ini, const char *section, const char *key,
			const char *wanted)
{
	const char *value = ini_value(ini, section, key);

	if (g_strcmp0(value, wanted) != 0)
		fail_msg("[%s] %s is \"%s\", not \"%s\"", section, key, value ? value : "(none)",
			 wanted ? wanted : "(none)");
}

/* What Python's RawConfigParser makes of each was looked at. */
static void values_are_read_as_python_reads_them(void **state)
{
	static const struct {
		const char *text, *value; /* of key k in section s */
	} cases[] = {
		{ "[s]\nk = v\n", "v" },
		{ "[s]\nk: v", "v" },
		{ "[s]\r\nk=v\r\n", "v" },
		{ "[s]\nk =  a = b : c \n", "a = b : c" },
		{ "[s]\nk : a = b\n", "a = b" },
		{ "[s]\nK = v\n", "v" },
		{ "[s]\nk =\n", "" },
		{ "[s]\n# k = no\n; k = no\nk = v ; no comment\n", "v ; no comment" },
		{ "[s]\nk = one\n  two\n\tthree\n", "one\ntwo\nthree" },
		{ "[s]\nk = one\n  # a comment between\n  two\n", "one\ntwo" },
		{ "[s]\nk = one\n\n  two\n\n\nl = x\n", "one\n\ntwo" },
		{ "[s]\n  k = one\n  l = two\n", "one" },
		{ "[s]\n  k = one\n    l = two\n", "one\nl = two" },
		{ "[s]\nk = 1\n[t]\nk = 2\n[s]\nk = 3\n", "3" },
		{ "[s]\nk = 1\nk = 2\n", "2" },
		{ "[s]  and more\nk = v\n", "v" },
		{ "[DEFAULT]\nk = d\n[s]\n", "d" },
		{ "[s]\nk = v\n[DEFAULT]\nk = d\n", "v" },
		{ "\n\n[s]\nk = \xc3\xa4\n", "\xc3\xa4" },
		{ "[s]\nl = v\n", NULL },
		{ "[t]\nk = v\n[S]\nk = v\n", NULL },
		{ "", NULL },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Ini) ini = ini_of(cases[i].text);

		check_value(ini, "s", "k", cases[i].value);
	}
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "k = v\n", "file:1: \"k = v\" stands before the first [section]" },
		{ "[s]\n\nword\n", "file:3: \"word\" is neither" },
		{ "[s]\n = v\n", "file:2: " },
		{ "[]\n", "file:1: " },
		{ "[s\nk = v\n", "file:1: " },
		{ "[s]\nk = \xff\n", "file is not UTF-8" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Ini) ini = ini_new();
		g_autoptr(GError) error = NULL;

		assert_false(ini_read(ini, "file", cases[i].text, strlen(cases[i].text), &error));
		assert_int_equal(error->code, RIDA_ERROR_MALFORMED);
		if (!strstr(error->message, cases[i].words))
			fail_msg("\"%s\": %s", cases[i].text, error->message);
	}
}

static void zero_bytes_and_too_many_bytes_are_refused(void **state)
{
	g_autofree char *large = g_strnfill(INI_BYTES_MAX + 1, '\n');
	g_autoptr(Ini) ini = ini_new();

	(void)state;
	assert_false(ini_read(ini, "file", "[s]\nk\0 = v\n", 12, NULL));
	assert_false(ini_read(ini, "file", large, INI_BYTES_MAX + 1, NULL));
	assert_true(ini_read(ini, "file", large, INI_BYTES_MAX, NULL));
}

static void later_texts_are_read_over_earlier_ones(void **state)
{
	static const char later[] = "[s]\nk = 2\n[b]\n";
	g_autoptr(Ini) ini = ini_of("[s]\nk = 1\nl = 1\n[a]\n[DEFAULT]\n");
	g_auto(GStrv) names = NULL;

	(void)state;
	assert_true(ini_read(ini, "later", later, strlen(later), NULL));
	check_value(ini, "s", "k", "2");
	check_value(ini, "s", "l", "1");
	names = ini_sections(ini);
	assert_int_equal(g_strv_length(names), 3);
	assert_string_equal(names[0], "a");
	assert_string_equal(names[1], "b");
	assert_string_equal(names[2], "s");
	assert_true(ini_has_section(ini, "a"));
	assert_false(ini_has_section(ini, "DEFAULT"));
	assert_false(ini_has_section(ini, "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read_as_python_reads_them),
		cmocka_unit_test(what_is_wrong_is_told_with_its_line),
		cmocka_unit_test(zero_bytes_and_too_many_bytes_are_refused),
		cmocka_unit_test(later_texts_are_read_over_earlier_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

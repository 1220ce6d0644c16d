/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <string.h>

#include "base/error.h"
#include "tests/unit/file_fixture.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int set_up(void **state)
{
	const struct file_fixture *fixture;

	file_set_up(state);
	fixture = *state;
	assert_true(log_open(fixture->file, LOG_LEVEL_INFO, "test", NULL));
	return 0;
}

static int tear_down(void **state)
{
	log_close();
	return file_tear_down(state);
}

/* The lines so far, each from its level on: the time is cut off after its form was checked. */
static char *logged(void **state)
{
	const struct file_fixture *fixture = *state;
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;
	GString *all = g_string_new(NULL);

	assert_true(g_file_get_contents(fixture->file, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line; line++) {
		assert_true(g_regex_match_simple(
			"^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z ", *line, 0, 0));
		g_string_append_printf(all, "%s\n", *line + strlen("2026-01-31T23:59:59.999Z "));
	}
	return g_string_free(all, FALSE);
}

static void a_line_has_level_event_and_fields(void **state)
{
	g_autofree char *text = NULL;

	log_info("component-submitted", log_text("component", "bash"), log_u64("task", UINT64_MAX),
		 log_i64("change", -3));
	log_warning("nothing-else");
	text = logged(state);
	assert_string_equal(
		text,
		"info component-submitted component=bash task=18446744073709551615 change=-3\n"
		"warning nothing-else\n");
}

static void levels_below_the_wanted_one_are_left_out(void **state)
{
	g_autofree char *text = NULL;

	log_debug("quiet");
	log_error("loud");
	text = logged(state);
	assert_string_equal(text, "error loud\n");
}

static void scopes_stand_in_each_line_until_their_block_ends(void **state)
{
	g_autofree char *text = NULL;

	{
		LOG_SCOPE("build", "%d", 41);
		log_info("one");
		{
			LOG_SCOPE("component", "%s", "a b");
			log_info("two", log_text("x", "y"));
		}
		log_info("three");
	}
	log_info("four");
	text = logged(state);
	assert_string_equal(text, "info one build=41\n"
				  "info two build=41 component=\"a b\" x=y\n"
				  "info three build=41\n"
				  "info four\n");
}

static gpointer log_beside(gpointer data)
{
	log_info("beside");
	return data;
}

static void a_scope_is_its_threads_own(void **state)
{
	g_autofree char *text = NULL;

	LOG_SCOPE("build", "%d", 41);
	g_thread_join(g_thread_new("beside", log_beside, NULL));
	log_info("here");
	text = logged(state);
	assert_string_equal(text, "info beside\ninfo here build=41\n");
}

static void a17_values_are_escaped_so_that_a_line_stays_a_line(void **state)
{
	static const struct {
		const char *value, *written;
	} cases[] = {
		{ "plain/1.0:x", "plain/1.0:x" },
		{ "", "\"\"" },
		{ "a b", "\"a b\"" },
		{ "a\nerror forged", "\"a\\nerror forged\"" },
		{ "a\r\tb", "\"a\\x0d\\x09b\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a=b", "\"a=b\"" },
		{ "\x1b[31mred\x1b]8;;", "\"\\x1b[31mred\\x1b]8;;\"" },
		{ "\x7f", "\"\\x7f\"" },
		{ "\xc2\x9b"
		  "31m",
		  "\"\\x9b31m\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "a\xe2\x80\xa8"
		  "b\xe2\x80\xa9\xc2\x85",
		  "\"a\\u2028b\\u2029\\x85\"" },
		{ "\xe2\x80\xae"
		  "txt\xe2\x81\xa6\xef\xbb\xbf",
		  "\"\\u202etxt\\u2066\\ufeff\"" },
		{ "a\xff", "\"a\xef\xbf\xbd\"" },
		{ "%s%n%d", "%s%n%d" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *wanted = g_strdup_printf("info e v=%s\n", cases[i].written);
		g_autofree char *text = NULL;

		assert_true(
			g_file_set_contents(((struct file_fixture *)*state)->file, "", 0, NULL));
		assert_true(log_open(((struct file_fixture *)*state)->file, LOG_LEVEL_INFO, "test",
				     NULL));
		log_info("e", log_text("v", cases[i].value));
		text = logged(state);
		assert_string_equal(text, wanted);
	}
}

static void a17_a_huge_value_is_cut_and_the_line_stays_whole(void **state)
{
	g_autofree char *huge = g_strnfill(70000, '\x01');
	g_autofree char *text = NULL;

	log_info("e", log_text("a", huge), log_text("b", huge), log_text("c", "last"));
	text = logged(state);
	assert_true(strlen(text) <= 4096 + 1);
	assert_true(g_str_has_prefix(text, "info e a=\"\\x01"));
	assert_true(g_str_has_suffix(text, "\\x01\" c=last\n"));
}

static void an_error_is_written_with_its_kind(void **state)
{
	g_autoptr(GError) problem =
		g_error_new_literal(RIDA_ERROR, RIDA_ERROR_UNAVAILABLE, "the hub is away");
	g_autofree char *text = NULL;

	log_error("e", log_error_text(problem));
	log_error("e", log_error_text(NULL));
	text = logged(state);
	assert_string_equal(
		text,
		"error e problem=\"unavailable: the hub is away\"\nerror e problem=unknown\n");
}

static void a_sink_that_cannot_be_is_an_error(void **state)
{
	g_autoptr(GError) word = NULL;
	g_autoptr(GError) file = NULL;

	(void)state;
	assert_false(log_open("elsewhere", LOG_LEVEL_INFO, "test", &word));
	assert_true(g_error_matches(word, RIDA_ERROR, RIDA_ERROR_MALFORMED));
	assert_false(log_open("/nonexistent/log", LOG_LEVEL_INFO, "test", &file));
	assert_true(g_error_matches(file, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	assert_non_null(strstr(file->message, "/nonexistent/log"));
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WORLD(a_line_has_level_event_and_fields),
		WORLD(levels_below_the_wanted_one_are_left_out),
		WORLD(scopes_stand_in_each_line_until_their_block_ends),
		WORLD(a_scope_is_its_threads_own),
		WORLD(a17_values_are_escaped_so_that_a_line_stays_a_line),
		WORLD(a17_a_huge_value_is_cut_and_the_line_stays_whole),
		WORLD(an_error_is_written_with_its_kind),
		WORLD(a_sink_that_cannot_be_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

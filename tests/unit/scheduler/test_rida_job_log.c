/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void lines_of_trouble_come_first(void **state)
{
	static const char log[] =
		"+ gcc -o a a.c\na.c:3: error: no such thing\n+ echo error: traced\nmore\nend\n";
	g_autofree char *excerpt = job_log_excerpt(log, strlen(log));
	g_autofree char *trouble = job_log_trouble(log, strlen(log));

	(void)state;
	assert_true(g_str_has_prefix(excerpt, "a.c:3: error: no such thing\n…\n+ gcc"));
	assert_true(g_str_has_suffix(excerpt, "more\nend\n"));
	assert_string_equal(trouble, "a.c:3: error: no such thing");
}

static void an_excerpt_is_short_and_valid_whatever_the_log_is(void **state)
{
	static const char *const parts[] = { "error: \xff\xfe\n", "\xc3\xbc",
					     "error: a long line of trouble\n", "\n",
					     "no line break " };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
		GString *log = g_string_new(NULL);
		g_autofree char *excerpt = NULL, *trouble = NULL;

		while (log->len < 100000)
			g_string_append(log, parts[i]);
		excerpt = job_log_excerpt(log->str, log->len);
		trouble = job_log_trouble(log->str, log->len);
		assert_true(strlen(excerpt) <= JOB_EXCERPT_MAX);
		assert_true(g_utf8_validate(excerpt, -1, NULL));
		assert_true(!trouble ||
			    (strlen(trouble) < 400 && g_utf8_validate(trouble, -1, NULL)));
		g_string_free(log, TRUE);
	}
}

static void a_quiet_log_has_no_trouble(void **state)
{
	(void)state;
	assert_null(job_log_trouble("all is well\n", 12));
	assert_null(job_log_trouble("", 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_trouble_come_first),
		cmocka_unit_test(an_excerpt_is_short_and_valid_whatever_the_log_is),
		cmocka_unit_test(a_quiet_log_has_no_trouble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "base/fault.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void what_is_no_order_is_refused(void **state)
{
	static const char *const bad[] = { "after-intent",         "nothing:kill",
					   "after-intent:sing",    "after-intent:kill:x",
					   "after-intent:kill:-1", ":",
					   "x,after-intent:kill" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) problem = NULL;

		assert_false(fault_arm(bad[i], &problem));
		assert_int_equal(error_code(problem), RIDA_ERROR_MALFORMED);
	}
}

static void nothing_happens_where_nothing_is_armed(void **state)
{
	(void)state;
	fault_is_armed = false;
	assert_true(fault_arm(NULL, NULL));
	assert_true(fault_arm("", NULL));
	assert_false(fault_is_armed);
	assert_true(fault_point(FAULT_IN_RECORD, NULL));
}

static void the_second_time_fails_and_no_other(void **state)
{
	g_autoptr(GError) problem = NULL;

	(void)state;
	assert_true(fault_arm("in-intent:error:2", NULL));
	assert_true(fault_point(FAULT_AFTER_INTENT, NULL));
	assert_true(fault_point(FAULT_IN_INTENT, NULL));
	assert_false(fault_point(FAULT_IN_INTENT, &problem));
	assert_int_equal(error_code(problem), RIDA_ERROR_UNAVAILABLE);
	assert_true(fault_point(FAULT_IN_INTENT, NULL));
}

static void one_build_fails_each_time_and_others_do_not(void **state)
{
	(void)state;
	assert_true(fault_arm("before-tag@poison:error:0,after-tag:error", NULL));
	for (int i = 0; i < 3; i++) {
		assert_true(fault_point(FAULT_BEFORE_TAG, NULL));
		assert_true(fault_reach(FAULT_BEFORE_TAG, "healthy", NULL));
		assert_false(fault_reach(FAULT_BEFORE_TAG, "poison", NULL));
	}
	assert_true(fault_reach(FAULT_AFTER_TAG, "poison", NULL));
	assert_false(fault_point(FAULT_AFTER_TAG, NULL));
}

/* What became of a child that reaches a point. */
static int fate_of(const char *words)
{
	int status = 0;
	const pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		signal(SIGSEGV, SIG_DFL);
		fault_arm(words, NULL);
		fault_point(FAULT_AFTER_CLAIM, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void processes_die_where_they_are_told_to(void **state)
{
	(void)state;
	assert_int_equal(fate_of("after-claim:kill"), SIGKILL);
	assert_int_equal(fate_of("after-claim:crash"), SIGSEGV);
	assert_int_equal(fate_of("after-load:kill"), 0);
}

static void each_point_is_printed_with_a_name_of_its_own(void **state)
{
	g_autofree char *text = NULL;
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_auto(GStrv) lines = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	fault_print(out);
	fclose(out);
	lines = g_strsplit(g_strchomp(text), "\n", 0);
	assert_int_equal(g_strv_length(lines), FAULT__COUNT);
	for (char **line = lines; *line; line++) {
		*strchr(*line, '\t') = '\0';
		assert_true(g_hash_table_add(names, *line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_happens_where_nothing_is_armed),
		cmocka_unit_test(what_is_no_order_is_refused),
		cmocka_unit_test(the_second_time_fails_and_no_other),
		cmocka_unit_test(one_build_fails_each_time_and_others_do_not),
		cmocka_unit_test(processes_die_where_they_are_told_to),
		cmocka_unit_test(each_point_is_printed_with_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

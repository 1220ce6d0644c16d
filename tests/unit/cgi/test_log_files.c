/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "cgi/log_files.h"

static char *folder;

static int set_up(void **state)
{
	g_autofree char *attempt = NULL, *log = NULL, *link = NULL, *outside = NULL, *linked = NULL;

	(void)state;
	folder = g_dir_make_tmp("rida-logs-XXXXXX", NULL);
	attempt = g_build_filename(folder, "7", "foo", "1", NULL);
	log = g_build_filename(attempt, "build.log", NULL);
	link = g_build_filename(attempt, "link.log", NULL);
	linked = g_build_filename(folder, "7", "linked", NULL);
	outside = g_build_filename(folder, "secret", NULL);
	g_mkdir_with_parents(attempt, 0755);
	return g_file_set_contents(log, "12345", 5, NULL) &&
			       g_file_set_contents(outside, "s", 1, NULL) &&
			       symlink(outside, link) == 0 && symlink("foo", linked) == 0
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	const char *argv[] = { "rm", "-rf", folder, NULL };

	(void)state;
	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
		     NULL, NULL, NULL);
	g_free(folder);
	return 0;
}

static void a_log_is_opened_with_its_size(void **state)
{
	const struct log_name name = { 7, "foo", 1, "build.log" };
	uint64_t size = 0;
	int fd = -1;

	(void)state;
	assert_true(log_file_open(folder, &name, &fd, &size, NULL));
	assert_int_equal(size, 5);
	close(fd);
}

static void nothing_else_is_opened(void **state)
{
	static const struct log_name names[] = {
		{ 7, "foo", 2, "build.log" },
		{ 8, "foo", 1, "build.log" },
		{ 7, "foo", 1, "link.log" },
		{ 7, "linked", 1, "build.log" },
		{ 7, "foo", 1, ".." },
		{ 7, "foo", 1, "../../../secret" },
		{ 7, "foo/../foo", 1, "build.log" },
		{ 7, "..", 1, "build.log" },
		{ 7, "foo", 1, "" },
		{ 7, "", 1, "build.log" },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;
		uint64_t size = 0;
		int fd = -1;

		assert_false(log_file_open(folder, &names[i], &fd, &size, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_MISSING);
	}
}

static void an_attempts_logs_are_listed(void **state)
{
	g_auto(GStrv) logs = log_files_list(folder, 7, "foo", 1);

	(void)state;
	assert_string_equal(logs[0], "build.log");
	assert_string_equal(logs[1], "link.log");
	assert_null(logs[2]);
	assert_null(log_files_list(folder, 7, "foo", 2));
	assert_null(log_files_list(folder, 7, "../7/foo", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_opened_with_its_size),
		cmocka_unit_test(nothing_else_is_opened),
		cmocka_unit_test(an_attempts_logs_are_listed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

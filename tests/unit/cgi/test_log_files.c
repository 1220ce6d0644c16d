/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <glib/gstdio.h>
#include <unistd.h>

#include "cgi/log_files.h"
#include "tests/unit/swapper.h"

/* Of each race: enough for a hundred wins against a look before an open. */
#define ROUNDS 2000

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

/* While one name is in turn the log and a link to a secret, what is opened is the log. */
static void read_while_swapped(const char *one, const char *other)
{
	const struct log_name name = { 7, "race", 1, "build.log" };
	struct swapper swapper = { .one = one, .other = other };
	unsigned opened = 0, refused = 0;

	swapper_start(&swapper);
	for (int i = 0; i < ROUNDS || swapper_waits(&swapper, opened && refused); i++) {
		uint64_t size = 0;
		char byte = 0;
		int fd = -1;

		if (!log_file_open(folder, &name, &fd, &size, NULL)) {
			refused++;
			continue;
		}
		assert_int_equal(read(fd, &byte, 1), 1);
		assert_int_equal(byte, '1');
		assert_int_equal(size, 5);
		close(fd);
		opened++;
	}
	assert_true(swapper_stop(&swapper) > 0);
	assert_true(opened > 0 && refused > 0);
}

static void m6_a_link_in_the_place_of_a_log_never_wins(void **state)
{
	g_autofree char *attempt = g_build_filename(folder, "7", "race", "1", NULL);
	g_autofree char *log = g_build_filename(attempt, "build.log", NULL);
	g_autofree char *link = g_build_filename(attempt, "link", NULL);
	g_autofree char *secret = g_build_filename(folder, "secret", NULL);

	(void)state;
	g_mkdir_with_parents(attempt, 0755);
	assert_true(g_file_set_contents(log, "12345", 5, NULL));
	assert_int_equal(symlink(secret, link), 0);
	read_while_swapped(log, link);
}

static void m6_a_link_in_the_place_of_a_folder_never_wins(void **state)
{
	g_autofree char *attempt = g_build_filename(folder, "7", "race", "1", NULL);
	g_autofree char *log = g_build_filename(attempt, "build.log", NULL);
	g_autofree char *outside = g_build_filename(folder, "outside", NULL);
	g_autofree char *secret = g_build_filename(outside, "build.log", NULL);
	g_autofree char *link = g_build_filename(folder, "7", "race", "link", NULL);

	(void)state;
	g_mkdir_with_parents(attempt, 0755);
	g_unlink(log); /* another race may have left its link there */
	assert_true(g_file_set_contents(log, "12345", 5, NULL));
	g_mkdir_with_parents(outside, 0755);
	assert_true(g_file_set_contents(secret, "secret", 6, NULL));
	assert_int_equal(symlink(outside, link), 0);
	read_while_swapped(attempt, link);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_is_opened_with_its_size),
		cmocka_unit_test(nothing_else_is_opened),
		cmocka_unit_test(an_attempts_logs_are_listed),
		cmocka_unit_test(m6_a_link_in_the_place_of_a_log_never_wins),
		cmocka_unit_test(m6_a_link_in_the_place_of_a_folder_never_wins),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* SPDX-License-Identifier: MIT */
#include "base/meter.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	folder = g_dir_make_tmp("rida-meter-XXXXXX", NULL);
	return folder ? 0 : -1;
}

static int remove_folder(void **state)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	(void)state;
	meter_close();
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_remove(path);
	}
	g_rmdir(folder);
	g_clear_pointer(&folder, g_free);
	return 0;
}

/* The files of the folder, one a line. */
static char *files(void)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	GString *names = g_string_new(NULL);
	const char *name;

	while ((name = g_dir_read_name(dir)))
		g_string_append_printf(names, "%s/%s\n", folder, name);
	return g_string_free(names, FALSE);
}

/* The one file that there has to be. */
static char *only_file(void)
{
	g_autofree char *names = files();
	char *end = strchr(names, '\n');

	assert_non_null(end);
	assert_string_equal(end, "\n");
	return g_strndup(names, (gsize)(end - names));
}

static void open_good(const char *kind)
{
	g_autoptr(GError) error = NULL;
	bool is_open = meter_open(folder, kind, &error);

	if (!is_open)
		print_error("%s\n", error->message);
	assert_true(is_open);
}

static char *printed(void)
{
	g_autoptr(MeterSums) sums = meter_sums_read(folder);
	GString *out = g_string_new(NULL);

	meter_sums_print(sums, out);
	return g_string_free(out, FALSE);
}

static void assert_has_line(const char *line)
{
	g_autofree char *text = printed();
	g_autofree char *wanted = g_strdup_printf("\n%s\n", line);

	if (!strstr(text, wanted))
		print_error("%s\nis not in\n%s", line, text);
	assert_non_null(strstr(text, wanted));
}

static void add_and_end(const char *kind, unsigned times)
{
	if (meter_open(folder, kind, NULL))
		for (unsigned i = 0; i < times; i++)
			meter_add(METER_CLAIMS_LOST, 0, 0, 1);
	_exit(0);
}

static void processes_add_up(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 8; i++)
		if (fork() == 0)
			add_and_end(i % 2 ? "web" : "scheduler", 1000000);
	while (wait(NULL) > 0)
		;
	assert_has_line("rida_claims_lost_total 8000000");
}

static void children_share_their_parents_cells(void **state)
{
	(void)state;
	open_good("web");
	for (unsigned i = 0; i < 4; i++) {
		if (fork())
			continue;
		meter_add(METER_RETRIES, 0, 0, 25);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	assert_has_line("rida_retries_total 100");
}

static void what_was_counted_stays_when_processes_end(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		open_good("scheduler");
		meter_add(METER_STATE_CHANGES, 0, 0, 2);
		meter_close();
	}
	assert_has_line("rida_state_changes_total 6");
}

static void labels_and_buckets_are_told(void **state)
{
	(void)state;
	open_good("web");
	meter_add(METER_DATABASE_ERRORS, METER_DATABASE_SLOW, 0, 3);
	meter_observe(METER_PASS_SECONDS, METER_END_GOOD, 0, 20000);
	meter_observe(METER_PASS_SECONDS, METER_END_GOOD, 0, 400000000);
	meter_observe(METER_PASS_SECONDS, METER_END_GOOD, 0, -1);
	meter_observe(METER_REQUEST_SECONDS, 1000, 1000, 500);
	assert_has_line("rida_database_errors_total{kind=\"slow\"} 3");
	assert_has_line("rida_database_errors_total{kind=\"lost\"} 0");
	assert_has_line("# TYPE rida_pass_duration_seconds histogram");
	assert_has_line("rida_pass_duration_seconds_bucket{end=\"good\",le=\"0.01\"} 1");
	assert_has_line("rida_pass_duration_seconds_bucket{end=\"good\",le=\"0.025\"} 2");
	assert_has_line("rida_pass_duration_seconds_bucket{end=\"good\",le=\"300\"} 2");
	assert_has_line("rida_pass_duration_seconds_bucket{end=\"good\",le=\"+Inf\"} 3");
	assert_has_line("rida_pass_duration_seconds_sum{end=\"good\"} 400.02");
	assert_has_line("rida_pass_duration_seconds_count{end=\"good\"} 3");
	assert_has_line("rida_request_duration_seconds_bucket{route=\"other\",status=\"other\","
			"le=\"0.0005\"} 1");
}

static void the_latest_moment_counts(void **state)
{
	g_autoptr(MeterSums) sums = NULL;
	unsigned label = METER_END__COUNT;

	(void)state;
	open_good("web");
	meter_note(METER_PASS_MOMENT, METER_END_BAD, 1700000100);
	open_good("scheduler");
	meter_note(METER_PASS_MOMENT, METER_END_GOOD, 1700000050);
	sums = meter_sums_read(folder);
	assert_int_equal(meter_sums_latest(sums, METER_PASS_MOMENT, &label), 1700000100);
	assert_int_equal(label, METER_END_BAD);
	assert_has_line("rida_pass_timestamp_seconds{end=\"good\"} 1700000050");
}

static void a_spoilt_moment_can_be_told_in_microseconds(void **state)
{
	g_autoptr(MeterSums) sums = NULL;
	unsigned label = METER_END__COUNT;

	(void)state;
	open_good("scheduler");
	meter_note(METER_PASS_MOMENT, METER_END_BAD, INT64_MAX);
	sums = meter_sums_read(folder);
	assert_int_equal(meter_sums_latest(sums, METER_PASS_MOMENT, &label),
			 INT64_MAX / G_USEC_PER_SEC);
	assert_int_equal(label, METER_END_BAD);
}

static void write_at(const char *path, size_t offset, const char *bytes)
{
	int fd = open(path, O_WRONLY);

	assert_true(pwrite(fd, bytes, strlen(bytes), (off_t)offset) > 0);
	close(fd);
}

static void grow(const char *path)
{
	assert_int_equal(truncate(path, 1 << 20), 0);
}
static void empty(const char *path)
{
	assert_int_equal(truncate(path, 0), 0);
}
static void halve(const char *path)
{
	assert_int_equal(truncate(path, 4096), 0);
}
static void spoil_magic(const char *path)
{
	write_at(path, 0, "XX");
}
static void spoil_digest(const char *path)
{
	write_at(path, 12, "XX");
}
static void spoil_name(const char *path)
{
	write_at(path, 80, "\xff\xff");
}
static void make_pipe(const char *path)
{
	assert_int_equal(g_unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
}
static void make_link(const char *path)
{
	assert_int_equal(g_unlink(path), 0);
	assert_int_equal(symlink("/etc/passwd", path), 0);
}

static void a_damaged_file_is_replaced(void **state)
{
	static void (*const damages[])(const char *path) = {
		grow, empty, halve, spoil_magic, spoil_digest, spoil_name, make_pipe, make_link,
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
		g_autofree char *path = NULL, *text = NULL, *again = NULL;

		open_good("web");
		meter_add(METER_RETRIES, 0, 0, 7);
		meter_close();
		path = only_file();
		damages[i](path);
		text = printed(); /* nothing hangs or ends here */
		open_good("web");
		meter_add(METER_RETRIES, 0, 0, 1);
		meter_close();
		assert_has_line("rida_retries_total 1");
		again = only_file();
		assert_string_equal(again, path);
		assert_int_equal(g_unlink(path), 0);
	}
}

/* Touches memory of another file that is no longer there. */
static void touch_lost_memory(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	volatile char *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	memory[0] = 1;
	_exit(0);
}

static void a_file_cut_short_ends_nobody(void **state)
{
	/* cmocka catches it, too. */
	void (*of_cmocka)(int) = signal(SIGBUS, SIG_DFL);
	g_autofree char *path = NULL, *other = g_build_filename(folder, "other", NULL);
	int status = 0;
	pid_t pid;

	(void)state;
	open_good("web");
	path = only_file();
	pid = fork();
	if (pid == 0) {
		empty(path);
		for (unsigned i = 0; i < 3; i++) {
			meter_add(METER_RETRIES, 0, 0, 1);
			meter_observe(METER_REQUEST_SECONDS, 40, 20, 1);
		}
		_exit(77);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 77);
	meter_add(METER_RETRIES, 0, 0, 1);
	pid = fork();
	if (pid == 0)
		touch_lost_memory(other);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_false(WIFEXITED(status));
	meter_close();
	signal(SIGBUS, of_cmocka);
}

static void a_place_that_cannot_be_written_is_said_once_and_harms_nothing(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_false(meter_open("/nonexistent/rida", "web", &error));
	assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
	assert_non_null(strstr(error->message, "/nonexistent/rida/web."));
	meter_add(METER_RETRIES, 0, 0, 1);
	meter_observe(METER_PASS_SECONDS, METER_END_BAD, 0, 1);
	meter_note(METER_PASS_MOMENT, METER_END_BAD, 1);
}

static void only_the_owner_writes_a_meter(void **state)
{
	g_autofree char *path = NULL;
	struct stat facts;

	(void)state;
	umask(0077);
	open_good("web");
	path = only_file();
	assert_int_equal(stat(path, &facts), 0);
	assert_int_equal(facts.st_mode & 07777, 0644);
}

/* Last: names cannot be untold. */
static void other_names_are_another_file(void **state)
{
	g_autofree char *before = NULL, *after = NULL;

	(void)state;
	open_good("web");
	before = only_file();
	meter_close();
	meter_name(METER_NAMES_ROUTE, "GET /a\"b\\c\n");
	meter_name(METER_NAMES_STATUS, "200");
	open_good("web");
	after = only_file();
	assert_string_not_equal(before, after);
	meter_observe(METER_REQUEST_SECONDS, 0, 0, 1);
	assert_has_line("rida_request_duration_seconds_count{route=\"GET /a\\\"b\\\\c?\",status="
			"\"200\"} 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(processes_add_up, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(children_share_their_parents_cells, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(what_was_counted_stays_when_processes_end,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(labels_and_buckets_are_told, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(the_latest_moment_counts, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_spoilt_moment_can_be_told_in_microseconds,
						make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_replaced, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(a_file_cut_short_ends_nobody, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(
			a_place_that_cannot_be_written_is_said_once_and_harms_nothing, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(only_the_owner_writes_a_meter, make_folder,
						remove_folder),
		cmocka_unit_test_setup_teardown(other_names_are_another_file, make_folder,
						remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

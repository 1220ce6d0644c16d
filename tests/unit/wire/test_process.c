/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "wire/process.h"

/* After our headers: it defines a macro named fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define SH(script) ((const char *const[]){ "sh", "-c", script, NULL })

static struct process_wants shell(const char *const *argv)
{
	return (struct process_wants){ .argv = argv, .timeout = 20, .output_max = 65536 };
}

static void run(const struct process_wants *wants, struct process_result *ret)
{
	g_autoptr(GError) error = NULL;

	if (!process_run(wants, ret, &error))
		fail_msg("%s", error->message);
}

static void output_status_and_problem_are_told_apart(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("echo out; echo err >&2; exit 7"));

	(void)state;
	run(&wants, &result);
	assert_int_equal(result.status, 7);
	assert_string_equal(result.output, "out\n");
	assert_int_equal(result.output_length, 4);
	assert_string_equal(result.problem, "err\n");
	assert_false(result.is_timeout || result.is_too_long);
}

static void a_signal_is_128_more(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("kill -9 $$"));

	(void)state;
	run(&wants, &result);
	assert_int_equal(result.status, 137);
}

static void arguments_are_never_read_by_a_shell(void **state)
{
	const char *const argv[] = { "printf", "%s|", "a b", "$(id)", ";exit 3", "", NULL };
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(argv);

	(void)state;
	run(&wants, &result);
	assert_string_equal(result.output, "a b|$(id)|;exit 3||");
}

static void the_environment_is_only_what_was_named(void **state)
{
	const char *const argv[] = { "env", NULL };
	const char *const environment[] = { "ONE=1", NULL };
	g_auto(ProcessResult) plain = { 0 };
	g_auto(ProcessResult) named = { 0 };
	struct process_wants wants = shell(argv);

	(void)state;
	g_setenv("RIDA_SECRET", "x", TRUE);
	run(&wants, &plain);
	assert_string_equal(plain.output, "PATH=/usr/bin:/usr/sbin:/bin:/sbin\nLC_ALL=C.UTF-8\n");
	wants.environment = environment;
	run(&wants, &named);
	assert_string_equal(named.output, "ONE=1\n");
}

static void a_missing_program_cannot_be_started(void **state)
{
	static const char *const names[] = { "no-such-program", "/no/such/program", "/etc/passwd" };

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(GError) error = NULL;
		g_auto(ProcessResult) result = { 0 };
		const char *const argv[] = { names[i], NULL };
		struct process_wants wants = shell(argv);

		assert_false(process_run(&wants, &result, &error));
		assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
		assert_non_null(strstr(error->message, names[i]));
	}
}

static void a_missing_folder_is_named_as_the_reason(void **state)
{
	g_autoptr(GError) error = NULL;
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("pwd"));

	(void)state;
	wants.directory = "/no/such/folder";
	assert_false(process_run(&wants, &result, &error));
	assert_non_null(strstr(error->message, "entering its folder"));
	wants.directory = "/usr";
	run(&wants, &result);
	assert_string_equal(result.output, "/usr\n");
}

static void a_large_input_and_a_large_output_do_not_block_each_other(void **state)
{
	const char *const argv[] = { "cat", NULL };
	const size_t length = 8 * 1024 * 1024;
	g_autofree char *input = g_malloc(length);
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(argv);

	(void)state;
	memset(input, 'x', length);
	input[length - 1] = '\0';
	wants.input = input;
	wants.input_length = length;
	wants.output_max = length;
	run(&wants, &result);
	assert_int_equal(result.status, 0);
	assert_int_equal(result.output_length, length);
	assert_memory_equal(result.output, input, length);
}

static void an_input_that_is_not_read_does_no_harm(void **state)
{
	g_autofree char *input = g_strnfill(1024 * 1024, 'x');
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("exit 0"));

	(void)state;
	wants.input = input;
	wants.input_length = 1024 * 1024;
	run(&wants, &result);
	assert_int_equal(result.status, 0);
}

static void without_input_stdin_is_empty(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("cat; readlink /proc/self/fd/0"));

	(void)state;
	run(&wants, &result);
	assert_string_equal(result.output, "/dev/null\n");
}

static void too_much_output_ends_the_child(void **state)
{
	const char *const argv[] = { "yes", NULL };
	g_autoptr(GError) error = NULL;
	g_auto(ProcessResult) result = { 0 };
	g_auto(ProcessResult) checked = { 0 };
	struct process_wants wants = shell(argv);
	int64_t start = g_get_monotonic_time();

	(void)state;
	wants.output_max = 100001;
	run(&wants, &result);
	assert_true(result.is_too_long);
	assert_false(result.is_timeout);
	assert_int_equal(result.output_length, 100001);
	assert_in_range(g_get_monotonic_time() - start, 0, 5 * G_USEC_PER_SEC);
	assert_false(process_check(&wants, &checked, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
}

static void output_of_exactly_the_cap_is_kept(void **state)
{
	const char *const argv[] = { "printf", "12345", NULL };
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(argv);

	(void)state;
	wants.output_max = 5;
	run(&wants, &result);
	assert_false(result.is_too_long);
	assert_string_equal(result.output, "12345");
}

static void of_a_long_problem_the_end_is_kept(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("seq 100000 >&2; echo the end >&2"));

	(void)state;
	run(&wants, &result);
	assert_int_equal(strlen(result.problem), 4096);
	assert_true(g_str_has_suffix(result.problem, "100000\nthe end\n"));
}

static bool is_alive(int pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return false;
	return !strstr(text, ") Z ");
}

static void assert_ends(int pid)
{
	for (int i = 0; i < 100 && is_alive(pid); i++)
		g_usleep(20000);
	assert_false(is_alive(pid));
}

static void a_timeout_ends_the_whole_group(void **state)
{
	g_autoptr(GError) error = NULL;
	g_auto(ProcessResult) result = { 0 };
	g_auto(ProcessResult) checked = { 0 };
	struct process_wants wants = shell(SH("sleep 1000 & echo $!; wait"));

	(void)state;
	wants.timeout = 1;
	run(&wants, &result);
	assert_true(result.is_timeout);
	assert_int_equal(result.status, 128 + SIGTERM);
	assert_ends((int)g_ascii_strtoll(result.output, NULL, 10));
	assert_false(process_check(&wants, &checked, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
}

static void who_ignores_term_gets_kill(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants =
		shell(SH("trap '' TERM; sleep 1000 & echo $!; while :; do wait; done"));
	int64_t start = g_get_monotonic_time();

	(void)state;
	wants.timeout = 1;
	run(&wants, &result);
	assert_true(result.is_timeout);
	assert_int_equal(result.status, 128 + SIGKILL);
	assert_ends((int)g_ascii_strtoll(result.output, NULL, 10));
	assert_in_range(g_get_monotonic_time() - start, 0, 8 * G_USEC_PER_SEC);
}

static void what_a_child_leaves_behind_ends_with_it(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("sleep 1000 & echo $!"));
	int64_t start = g_get_monotonic_time();

	(void)state;
	run(&wants, &result);
	assert_int_equal(result.status, 0);
	assert_ends((int)g_ascii_strtoll(result.output, NULL, 10));
	assert_in_range(g_get_monotonic_time() - start, 0, 5 * G_USEC_PER_SEC);
}

/* ls has the folder that it lists open too. */
static void only_the_named_descriptors_are_handed_on(void **state)
{
	int leak = open("/etc/hostname", O_RDONLY);
	int high = fcntl(leak, F_DUPFD, 200);
	const int extra[] = { high, leak };
	g_auto(ProcessResult) none = { 0 };
	g_auto(ProcessResult) two = { 0 };
	struct process_wants wants =
		shell(SH("ls /proc/self/fd; cd /proc/$$/fd; readlink 3 4; true"));

	(void)state;
	assert_true(leak > 0 && high >= 200);
	run(&wants, &none);
	assert_string_equal(none.output, "0\n1\n2\n3\n");
	wants.extra_fds = extra;
	wants.extra_fds_count = 2;
	run(&wants, &two);
	assert_string_equal(two.output, "0\n1\n2\n3\n4\n5\n/etc/hostname\n/etc/hostname\n");
	close(leak);
	close(high);
}

static void output_may_go_to_a_descriptor(void **state)
{
	g_autofree char *path = NULL;
	g_autofree char *text = NULL;
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("echo out; echo err >&2"));

	(void)state;
	wants.output_fd = g_file_open_tmp("process.XXXXXX", &path, NULL);
	run(&wants, &result);
	close(wants.output_fd);
	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_unlink(path);
	assert_string_equal(text, "out\nerr\n");
	assert_int_equal(result.output_length, 0);
}

static void limits_hold(void **state)
{
	g_auto(ProcessResult) file = { 0 };
	g_auto(ProcessResult) cpu = { 0 };
	g_auto(ProcessResult) all = { 0 };
	struct process_wants wants = shell(
		SH("f=$(mktemp); trap '' XFSZ; head -c 100000 /dev/zero >$f; wc -c <$f; rm -f $f"));

	(void)state;
	wants.max_file = 50000;
	run(&wants, &file);
	assert_string_equal(file.output, "50000\n");
	wants = shell(SH("while :; do :; done"));
	wants.max_cpu = 1;
	run(&wants, &cpu);
	assert_int_equal(cpu.status, 128 + SIGKILL);
	assert_false(cpu.is_timeout);
	wants = shell(SH("ulimit -v; ulimit -c; grep NoNewPrivs /proc/self/status"));
	wants.max_address = 1024 * 1024 * 1024;
	run(&wants, &all);
	assert_string_equal(all.output, "1048576\n0\nNoNewPrivs:\t1\n");
}

/* Signals 32 and 33 belong to the C library, which lets nobody change them: whoever started the
 * test may have left them ignored. */
#define LIBC_SIGNALS (UINT64_C(3) << 31)

static uint64_t mask_of(const char *status, const char *label)
{
	const char *place = strstr(status, label);

	assert_non_null(place);
	return g_ascii_strtoull(place + strlen(label) + 1, NULL, 16);
}

static void signals_are_as_after_a_fresh_start(void **state)
{
	const char *const argv[] = { "grep", "-E", "Sig(Blk|Ign)", "/proc/self/status", NULL };
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(argv);
	sigset_t set, before;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	run(&wants, &result);
	sigprocmask(SIG_SETMASK, &before, NULL);
	assert_int_equal(mask_of(result.output, "SigBlk:"), 0);
	assert_int_equal(mask_of(result.output, "SigIgn:") & ~LIBC_SIGNALS, 0);
}

static void root_becomes_another_user_without_a_way_back(void **state)
{
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("id -u; id -g; id -G; cat /proc/self/status | "
					      "grep -E '^(Uid|CapEff|CapPrm)'"));

	(void)state;
	if (geteuid())
		skip();
	wants.drop = true;
	wants.uid = wants.gid = 65534;
	run(&wants, &result);
	assert_string_equal(result.output,
			    "65534\n65534\n65534\nUid:\t65534\t65534\t65534\t65534\n"
			    "CapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n");
}

static unsigned count_descriptors(void)
{
	unsigned count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void *run_many(void *data)
{
	size_t *wrong = g_new0(size_t, 1);

	for (unsigned i = 0; i < 25; i++) {
		g_autofree char *script = g_strdup_printf(
			"cat; echo %u.%u; echo $(ls /proc/self/fd)", GPOINTER_TO_UINT(data), i);
		g_autofree char *wanted =
			g_strdup_printf("in%u.%u\n0 1 2 3\n", GPOINTER_TO_UINT(data), i);
		const char *const argv[] = { "sh", "-c", script, NULL };
		g_auto(ProcessResult) result = { 0 };
		struct process_wants wants = shell(argv);

		wants.input = "in";
		wants.input_length = 2;
		if (!process_run(&wants, &result, NULL) || !g_str_equal(result.output, wanted))
			++*wrong;
	}
	return wrong;
}

static void threads_do_not_disturb_each_other_nor_leak_descriptors(void **state)
{
	GThread *threads[8];
	unsigned before;

	(void)state;
	g_free(run_many(GUINT_TO_POINTER(99)));
	before = count_descriptors();
	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("run", run_many, GUINT_TO_POINTER(i));
	for (unsigned i = 0; i < G_N_ELEMENTS(threads); i++) {
		g_autofree size_t *wrong = g_thread_join(threads[i]);

		assert_int_equal(*wrong, 0);
	}
	assert_int_equal(count_descriptors(), before);
}

static void a_failed_check_ends_with_the_words_of_the_child(void **state)
{
	g_autoptr(GError) error = NULL;
	g_auto(ProcessResult) result = { 0 };
	struct process_wants wants = shell(SH("echo 'no such luck' >&2; exit 2"));

	(void)state;
	assert_false(process_check(&wants, &result, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_UNACCEPTABLE);
	assert_string_equal(error->message, "sh ended with 2: no such luck");
	wants = shell(SH("echo fine"));
	assert_true(process_check(&wants, &result, NULL));
	assert_string_equal(result.output, "fine\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_status_and_problem_are_told_apart),
		cmocka_unit_test(a_signal_is_128_more),
		cmocka_unit_test(arguments_are_never_read_by_a_shell),
		cmocka_unit_test(the_environment_is_only_what_was_named),
		cmocka_unit_test(a_missing_program_cannot_be_started),
		cmocka_unit_test(a_missing_folder_is_named_as_the_reason),
		cmocka_unit_test(a_large_input_and_a_large_output_do_not_block_each_other),
		cmocka_unit_test(an_input_that_is_not_read_does_no_harm),
		cmocka_unit_test(without_input_stdin_is_empty),
		cmocka_unit_test(too_much_output_ends_the_child),
		cmocka_unit_test(output_of_exactly_the_cap_is_kept),
		cmocka_unit_test(of_a_long_problem_the_end_is_kept),
		cmocka_unit_test(a_timeout_ends_the_whole_group),
		cmocka_unit_test(who_ignores_term_gets_kill),
		cmocka_unit_test(what_a_child_leaves_behind_ends_with_it),
		cmocka_unit_test(only_the_named_descriptors_are_handed_on),
		cmocka_unit_test(output_may_go_to_a_descriptor),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(signals_are_as_after_a_fresh_start),
		cmocka_unit_test(root_becomes_another_user_without_a_way_back),
		cmocka_unit_test(threads_do_not_disturb_each_other_nor_leak_descriptors),
		cmocka_unit_test(a_failed_check_ends_with_the_words_of_the_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

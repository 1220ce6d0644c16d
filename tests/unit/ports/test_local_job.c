/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_job.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_survivors.h"
#include "tests/unit/ports/folder_fixture.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void assert_life(const char *dir, enum job_life wanted)
{
	g_auto(LocalResult) result = { 0 };
	enum job_life life;

	assert_true(local_job_look(dir, &life, &result, NULL));
	assert_int_equal(life, wanted);
}

static void a_folder_that_is_not_there_is_an_absent_job(void **state)
{
	g_autofree char *dir = below(state, "none");

	assert_life(dir, JOB_ABSENT);
}

static void a_held_lock_is_a_running_job(void **state)
{
	int lock;

	put(state, "lock", "");
	lock = local_job_lock(*state);
	assert_true(lock >= 0);
	assert_life(*state, JOB_RUNNING);
	assert_int_equal(local_job_lock(*state), -1);
	close(lock);
	assert_life(*state, JOB_LOST);
}

static void a_lock_lives_on_in_who_inherited_it(void **state)
{
	int lock, pipe_ends[2];
	pid_t child;

	put(state, "lock", "");
	lock = local_job_lock(*state);
	assert_int_equal(pipe(pipe_ends), 0);
	child = fork();
	if (child == 0) {
		char byte;

		close(pipe_ends[1]);
		_exit(read(pipe_ends[0], &byte, 1) == 0 ? 0 : 1);
	}
	close(lock);
	assert_life(*state, JOB_RUNNING);
	close(pipe_ends[0]);
	close(pipe_ends[1]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_life(*state, JOB_LOST);
}

static pid_t spawn_named(const char *name, const char *argument)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	child = fork();
	if (child == 0) {
		execl("/bin/sh", name, "-c", "kill -STOP $$", "sh", argument, NULL);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 0);
	close(ready[0]);
	return child;
}

static void only_sandboxes_of_a_lost_job_are_ended_and_only_when_it_is_lost(void **state)
{
	g_autofree char *ours = below(state, "work/home");
	g_autofree char *others = below(state, "worker/home");
	const pid_t survivor = spawn_named("bwrap", ours);
	const pid_t bystanders[] = { spawn_named("sh", ours), spawn_named("bwrap", others) };
	int lock, status;

	put(state, "lock", "");
	lock = local_job_lock(*state);
	assert_true(local_survivors_end(*state, NULL));
	assert_int_equal(waitpid(survivor, &status, WNOHANG), 0);
	close(lock);
	assert_true(local_survivors_end(*state, NULL));
	assert_int_equal(waitpid(survivor, &status, WNOHANG), survivor);
	assert_int_equal(WTERMSIG(status), SIGKILL);
	for (size_t i = 0; i < G_N_ELEMENTS(bystanders); i++) {
		assert_int_equal(waitpid(bystanders[i], &status, WNOHANG), 0);
		kill(bystanders[i], SIGKILL);
		waitpid(bystanders[i], &status, 0);
	}
}

static void a_result_is_an_ended_job_whoever_holds_the_lock(void **state)
{
	const struct local_result written = { .state = TASK_FAILED,
					      .reason = (char *)(uintptr_t) "\"why\" \\ \xc3\xbc",
					      .excerpt = (char *)(uintptr_t) "a\nb" };
	g_auto(LocalResult) result = { 0 };
	enum job_life life;
	int lock;

	put(state, "lock", "");
	lock = local_job_lock(*state);
	assert_true(local_result_write(*state, "result.json", &written, NULL));
	assert_true(local_job_look(*state, &life, &result, NULL));
	close(lock);
	assert_int_equal(life, JOB_ENDED);
	assert_int_equal(result.state, TASK_FAILED);
	assert_string_equal(result.reason, written.reason);
	assert_string_equal(result.excerpt, "a\nb");
	assert_null(result.nvr);
}

static void a_result_that_cannot_be_read_is_an_error_and_no_lost_job(void **state)
{
	static const char *const texts[] = { "", "{", "[]", "{\"state\": \"closed\"}",
					     "{\"nvr\": 1}" };

	put(state, "lock", "");
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_auto(LocalResult) result = { 0 };
		g_autoptr(GError) error = NULL;
		enum job_life life;

		put(state, "result.json", texts[i]);
		if (local_job_look(*state, &life, &result, &error))
			fail_msg("accepted: %s", texts[i]);
		assert_non_null(error);
	}
}

static void a_job_that_lacks_something_is_refused(void **state)
{
	g_autoptr(LocalJob) job = NULL;
	g_autoptr(GError) error = NULL;

	put(state, "job.json", "{\"component\": \"a\", \"build_dir\": \"/b\"}");
	assert_false(local_job_read(*state, &job, &error));
	assert_int_equal(error_code(error), RIDA_ERROR_MALFORMED);
}

static struct local_job *sample(void)
{
	struct local_job *job = g_new0(struct local_job, 1);

	job->component = g_strdup("a");
	job->build_dir = g_strdup("/b");
	job->log_dir = g_strdup("/l");
	job->cache_dir = g_strdup("/c");
	job->sandbox_user = g_strdup("nobody");
	job->spec = g_strdup("Name: a\n");
	job->spec_paths = g_strsplit("{name}.spec SPECS/{name}.spec", " ", -1);
	job->max_disk = UINT64_MAX / 2;
	return job;
}

static void a_job_is_written_and_started_with_its_lock(void **state)
{
	g_autoptr(LocalJob) job = sample();
	g_autoptr(LocalJob) read = NULL;
	g_autofree char *dir = below(state, "key");

	/* "true" is a rida-job that ends at once and keeps nothing. */
	assert_true(local_job_start(*state, "key", job, "/bin/true", NULL));
	assert_life(dir, JOB_LOST);
	assert_true(local_job_read(dir, &read, NULL));
	assert_string_equal(read->component, "a");
	assert_string_equal(read->spec_paths[1], "SPECS/{name}.spec");
	assert_int_equal(g_strv_length(read->spec_paths), 2);
	assert_true(read->max_disk == UINT64_MAX / 2);
	assert_null(read->repository);
}

static void what_a_lost_job_left_is_gone_when_it_starts_again(void **state)
{
	g_autoptr(LocalJob) job = sample();
	g_autofree char *left = below(state, "key/work");

	assert_true(local_job_start(*state, "key", job, "/bin/true", NULL));
	assert_int_equal(g_mkdir(left, 0), 0);
	assert_true(local_job_start(*state, "key", job, "/bin/true", NULL));
	assert_int_equal(g_access(left, F_OK), -1);
}

static void a_program_that_refuses_is_an_error_with_its_words(void **state)
{
	g_autoptr(LocalJob) job = sample();
	g_autoptr(GError) error = NULL;

	assert_false(local_job_start(*state, "key", job, "/bin/false", &error));
	assert_int_equal(error_code(error), RIDA_ERROR_UNAVAILABLE);
}

static void an_ended_job_is_not_started_again(void **state)
{
	g_autoptr(LocalJob) job = sample();
	g_autofree char *dir = below(state, "key");
	const struct local_result result = { .state = TASK_CLOSED };

	assert_true(local_job_start(*state, "key", job, "/bin/true", NULL));
	assert_true(local_result_write(dir, "result.json", &result, NULL));
	assert_true(local_job_start(*state, "key", job, "/bin/false", NULL));
	assert_life(dir, JOB_ENDED);
}

static void cancelling_leaves_word_for_a_job_that_cannot_be_signalled(void **state)
{
	g_autofree char *word = below(state, "cancel");
	g_autofree char *none = below(state, "none");

	put(state, "lock", "");
	assert_true(local_job_cancel(*state, NULL));
	assert_int_equal(g_access(word, F_OK), 0);
	assert_true(local_job_cancel(none, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_folder_that_is_not_there_is_an_absent_job),
		cmocka_unit_test(a_held_lock_is_a_running_job),
		cmocka_unit_test(a_lock_lives_on_in_who_inherited_it),
		cmocka_unit_test(only_sandboxes_of_a_lost_job_are_ended_and_only_when_it_is_lost),
		cmocka_unit_test(a_result_is_an_ended_job_whoever_holds_the_lock),
		cmocka_unit_test(a_result_that_cannot_be_read_is_an_error_and_no_lost_job),
		cmocka_unit_test(a_job_that_lacks_something_is_refused),
		cmocka_unit_test(a_job_is_written_and_started_with_its_lock),
		cmocka_unit_test(what_a_lost_job_left_is_gone_when_it_starts_again),
		cmocka_unit_test(a_program_that_refuses_is_an_error_with_its_words),
		cmocka_unit_test(an_ended_job_is_not_started_again),
		cmocka_unit_test(cancelling_leaves_word_for_a_job_that_cannot_be_signalled),
	};
	struct CMUnitTest with_folder[G_N_ELEMENTS(tests)];

	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
		with_folder[i] = tests[i];
		with_folder[i].setup_func = folder_set_up;
		with_folder[i].teardown_func = folder_tear_down;
	}
	return cmocka_run_group_tests(with_folder, NULL, NULL);
}

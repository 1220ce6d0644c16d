/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/fault.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_record.h"
#include "ports/builder/local_survivors.h"
#include "wire/process.h"

#define START_SECONDS 20

#define JOB_FIELD(type, name)                                                                      \
	{                                                                                          \
#name, type, offsetof(struct local_job, name)                                      \
	}
static const struct record_field job_fields[] = {
	JOB_FIELD(RECORD_TEXT, component),
	JOB_FIELD(RECORD_TEXT, repository),
	JOB_FIELD(RECORD_TEXT, commit),
	JOB_FIELD(RECORD_TEXT, spec),
	JOB_FIELD(RECORD_TEXT, macros),
	JOB_FIELD(RECORD_TEXT, build_dir),
	JOB_FIELD(RECORD_TEXT, log_dir),
	JOB_FIELD(RECORD_TEXT, cache_dir),
	JOB_FIELD(RECORD_TEXT, sandbox_user),
	JOB_FIELD(RECORD_TEXT, lookaside_url),
	JOB_FIELD(RECORD_LIST, spec_paths),
	JOB_FIELD(RECORD_LIST, scm_allow),
	JOB_FIELD(RECORD_NUMBER, overlay),
	JOB_FIELD(RECORD_NUMBER, private_addresses),
	JOB_FIELD(RECORD_NUMBER, git_timeout),
	JOB_FIELD(RECORD_NUMBER, git_max_bytes),
	JOB_FIELD(RECORD_NUMBER, source_max_bytes),
	JOB_FIELD(RECORD_NUMBER, build_timeout),
	JOB_FIELD(RECORD_NUMBER, max_memory),
	JOB_FIELD(RECORD_NUMBER, max_disk),
	JOB_FIELD(RECORD_NUMBER, max_log),
	JOB_FIELD(RECORD_NUMBER, max_processes),
	JOB_FIELD(RECORD_NUMBER, max_file),
};

#define RESULT_FIELD(type, name)                                                                   \
	{                                                                                          \
#name, type, offsetof(struct local_result, name)                                   \
	}
static const struct record_field result_fields[] = {
	RESULT_FIELD(RECORD_NUMBER, state), RESULT_FIELD(RECORD_TEXT, nvr),
	RESULT_FIELD(RECORD_TEXT, reason),  RESULT_FIELD(RECORD_TEXT, log_file),
	RESULT_FIELD(RECORD_TEXT, excerpt),
};

void local_job_free(struct local_job *job)
{
	if (!job)
		return;
	record_clear(job, job_fields, G_N_ELEMENTS(job_fields));
	g_free(job);
}

void local_result_clear(struct local_result *result)
{
	record_clear(result, result_fields, G_N_ELEMENTS(result_fields));
	result->state = 0;
}

static bool read_text(const char *dir, const char *name, char **ret, GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autoptr(GError) why = NULL;

	if (g_file_get_contents(path, ret, NULL, &why))
		return true;
	return fail(error,
		    g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? RIDA_ERROR_MISSING
									   : RIDA_ERROR_UNAVAILABLE,
		    "%s", why->message);
}

bool local_job_read(const char *dir, struct local_job **ret, GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(LocalJob) job = g_new0(struct local_job, 1);

	if (!read_text(dir, "job.json", &text, error) ||
	    !record_read(text, job_fields, G_N_ELEMENTS(job_fields), job, error))
		return false;
	if (!job->component || !job->build_dir || !job->log_dir || !job->cache_dir ||
	    !job->sandbox_user || (!job->spec && (!job->repository || !job->commit)))
		return fail(error, RIDA_ERROR_MALFORMED, "%s/job.json lacks something", dir);
	*ret = g_steal_pointer(&job);
	return true;
}

bool local_result_write(const char *dir, const char *name, const struct local_result *result,
			GError **error)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = record_write(result, result_fields, G_N_ELEMENTS(result_fields));

	return file_write(path, text, error);
}

static bool result_read(const char *dir, struct local_result *ret, bool *ret_is_there,
			GError **error)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) why = NULL;

	*ret_is_there = read_text(dir, "result.json", &text, &why);
	if (*ret_is_there)
		return record_read(text, result_fields, G_N_ELEMENTS(result_fields), ret, error);
	if (error_code(why) == RIDA_ERROR_MISSING)
		return true;
	g_propagate_error(error, g_steal_pointer(&why));
	return false;
}

/* Shared for a look, so that two who look do not take each other for the job. */
static int lock_open(const char *dir, int operation)
{
	g_autofree char *path = g_build_filename(dir, "lock", NULL);
	const int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0 && flock(fd, operation | LOCK_NB)) {
		close(fd);
		errno = EWOULDBLOCK;
		return -1;
	}
	return fd;
}

int local_job_lock(const char *dir)
{
	return lock_open(dir, LOCK_EX);
}

/* The result is read again once the lock was seen free: the job may have ended in between. */
bool local_job_look(const char *dir, enum job_life *ret, struct local_result *ret_result,
		    GError **error)
{
	bool is_there;
	int fd;

	if (!result_read(dir, ret_result, &is_there, error))
		return false;
	if (!is_there) {
		fd = lock_open(dir, LOCK_SH);
		if (fd < 0) {
			*ret = errno == EWOULDBLOCK ? JOB_RUNNING : JOB_ABSENT;
			return true;
		}
		close(fd);
		if (!result_read(dir, ret_result, &is_there, error))
			return false;
	}
	*ret = is_there ? JOB_ENDED : JOB_LOST;
	return true;
}

/* What the job is, and the lock, held: *ret_lock is closed by the caller. */
static bool fill(const char *dir, const char *text, int *ret_lock, GError **error)
{
	g_autofree char *lock_path = g_build_filename(dir, "lock", NULL);
	g_autofree char *job_path = g_build_filename(dir, "job.json", NULL);

	if (chmod(dir, 0711))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", dir, g_strerror(errno));
	if (!file_write(job_path, text, error) || !file_write(lock_path, "", error))
		return false;
	*ret_lock = local_job_lock(dir);
	return *ret_lock >= 0 ||
	       fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", lock_path, g_strerror(errno));
}

/* A complete folder with the lock held, under a name that nobody looks for; or none. */
static bool prepare(const char *jobs_dir, const struct local_job *job, char **ret, int *ret_lock,
		    GError **error)
{
	g_autofree char *dir = g_build_filename(jobs_dir, ".new-XXXXXX", NULL);
	g_autofree char *text = record_write(job, job_fields, G_N_ELEMENTS(job_fields));

	if (!g_mkdtemp_full(dir, 0711))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", dir, g_strerror(errno));
	if (!fill(dir, text, ret_lock, error)) {
		folder_remove(dir, NULL);
		return false;
	}
	*ret = g_steal_pointer(&dir);
	return true;
}

static bool launch(const char *dir, const char *program, int lock, GError **error)
{
	g_autofree char *log = g_build_filename(dir, "supervisor.log", NULL);
	const char *const argv[] = { program, dir, NULL };
	g_auto(ProcessResult) result = { 0 };
	g_autofree char *said = NULL;
	struct process_wants wants = {
		.argv = argv,
		.extra_fds = &lock,
		.extra_fds_count = 1,
		.timeout = START_SECONDS,
		.output_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644),
	};
	bool has_run;

	if (wants.output_fd < 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", log, g_strerror(errno));
	has_run = process_run(&wants, &result, error);
	close(wants.output_fd);
	if (!has_run || result.status == 0)
		return has_run;
	if (g_file_get_contents(log, &said, NULL, NULL))
		g_strchomp(said);
	return fail(error, RIDA_ERROR_UNAVAILABLE, "%s ended with %d: %s", program, result.status,
		    said ? said : "");
}

/* What a lost job left goes out of the way at once, whatever its removal does. */
static bool clear_lost(const char *jobs_dir, const char *dir, GError **error)
{
	g_autofree char *old = g_build_filename(jobs_dir, ".old-XXXXXX", NULL);

	if (!local_survivors_end(dir, error))
		return false;
	if (!g_mkdtemp_full(old, 0700) || g_rename(dir, old))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", dir, g_strerror(errno));
	return folder_remove(old, error);
}

static bool put_in_place(const char *jobs_dir, const char *fresh, const char *dir, GError **error)
{
	if (g_rename(fresh, dir)) {
		fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", dir, g_strerror(errno));
		folder_remove(fresh, NULL);
		return false;
	}
	return folder_sync(jobs_dir) ||
	       fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", jobs_dir, g_strerror(errno));
}

bool local_job_start(const char *jobs_dir, const char *key, const struct local_job *job,
		     const char *program, GError **error)
{
	g_autofree char *dir = g_build_filename(jobs_dir, key, NULL);
	g_autofree char *fresh = NULL;
	g_auto(LocalResult) result = { 0 };
	enum job_life life;
	int lock = -1;
	bool is_started;

	if (!local_job_look(dir, &life, &result, error))
		return false;
	if (life == JOB_RUNNING || life == JOB_ENDED)
		return true;
	if (life == JOB_LOST && !clear_lost(jobs_dir, dir, error))
		return false;
	if (!prepare(jobs_dir, job, &fresh, &lock, error))
		return false;
	is_started = put_in_place(jobs_dir, fresh, dir, error) &&
		     fault_point(FAULT_BEFORE_JOB, error) && launch(dir, program, lock, error) &&
		     fault_point(FAULT_AFTER_JOB, error);
	close(lock);
	return is_started;
}

/*
 * The file is what counts; the signal only makes it quick. flock() does not tell who holds it, so
 * the supervisor also has a record lock on the same file; asked twice, because a number may have
 * gone to somebody else before the descriptor was open.
 */
static void signal_holder(int fd)
{
	struct flock first = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct flock second = first;
	int pidfd;

	if (fcntl(fd, F_GETLK, &first) || first.l_type == F_UNLCK)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, first.l_pid, 0);
	if (pidfd < 0)
		return;
	if (fcntl(fd, F_GETLK, &second) == 0 && second.l_type != F_UNLCK &&
	    second.l_pid == first.l_pid)
		syscall(SYS_pidfd_send_signal, pidfd, SIGTERM, NULL, 0);
	close(pidfd);
}

bool local_job_cancel(const char *dir, GError **error)
{
	g_autofree char *cancel = g_build_filename(dir, "cancel", NULL);
	g_autofree char *lock = g_build_filename(dir, "lock", NULL);
	const int fd = open(lock, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return errno == ENOENT ||
		       fail(error, RIDA_ERROR_UNAVAILABLE, "%s: %s", lock, g_strerror(errno));
	if (!file_write(cancel, "", error)) {
		close(fd);
		return false;
	}
	signal_holder(fd);
	close(fd);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_watch.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <linux/keyctl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/fault.h"
#include "ports/builder/local_files.h"
#include "ports/builder/local_job.h"
#include "scheduler/rida_job_log.h"
#include "scheduler/rida_job_tree.h"
#include "scheduler/rida_job_work.h"

#define TICK_MICROS      300000
#define TICK_MICROS_MIN  20000
#define MEMORY_PER_MICRO UINT64_C(8192) /* bytes: faster than two processors take new memory */
#define DISK_MICROS      (2 * G_USEC_PER_SEC) /* a folder is measured less often than memory is */
#define DISK_SHARE       10 /* and takes at most one part of so many of the time */
#define TASKS_LOOKS      5  /* so many looks in a row that find all processes that may be */
#define CANCELED_REASON  "canceled"
#define MIB              (UINT64_C(1) << 20)

struct watch {
	const char *dir;
	const struct local_job *job;
	char *work;
	char *cancel;
	pid_t worker;
	int64_t deadline; /* on the monotonic clock, as disk_due */
	int64_t disk_due;
	int64_t tick; /* microseconds until the next look */
	unsigned full_looks;
	bool has_ended;
	int status;
	bool is_canceled;
	char *problem; /* the limit that was passed */
};

static void watch_clear(struct watch *watch)
{
	g_free(watch->work);
	g_free(watch->cancel);
	g_free(watch->problem);
}

static void signals_of_interest(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGHUP);
	sigaddset(set, SIGCHLD);
}

/* The keys of whoever started us are not for builds. Where there are no keys for us, there are none
 * for builds. */
static bool leave_keyring(void)
{
	return syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) >= 0 || errno == ENOSYS ||
	       errno == EPERM;
}

/* The worker must not outlive us, however we end. */
static G_GNUC_NORETURN void be_worker(const struct watch *watch, pid_t parent)
{
	sigset_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	if (getppid() != parent || !leave_keyring())
		_exit(1);
	signals_of_interest(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(work_on_job(watch->dir, watch->job));
}

static bool watch_start(struct watch *watch)
{
	const pid_t parent = getpid();
	sigset_t set;

	signals_of_interest(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return false;
	watch->worker = fork();
	if (watch->worker == 0)
		be_worker(watch, parent);
	return watch->worker > 0;
}

/* Whoever cancels finds us by this lock; the other one, which we inherited, does not tell our pid.
 */
static bool show_pid(int lock)
{
	const struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(lock, F_SETLK, &whole) == 0;
}

static void reap(struct watch *watch)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == watch->worker) {
			watch->has_ended = true;
			watch->status = status;
		}
}

static void kill_for(struct watch *watch, uint64_t max, const char *unit)
{
	watch->problem = g_strdup_printf("killed: more than %" PRIu64 " %s", max, unit);
}

/* The closer to the limit, the sooner it is looked at again. Limits of a process do not bind its
 * children's sum, so that has to be watched. */
static void look_at_processes(struct watch *watch)
{
	const struct local_job *job = watch->job;
	struct tree_use use;

	tree_measure(job->max_memory, &use);
	if (use.memory > job->max_memory) {
		kill_for(watch, job->max_memory / MIB, "MiB of memory");
		return;
	}
	watch->tick = (int64_t)CLAMP((job->max_memory - use.memory) / MEMORY_PER_MICRO,
				     TICK_MICROS_MIN, TICK_MICROS);
	watch->full_looks = use.tasks >= job->max_processes ? watch->full_looks + 1 : 0;
	if (watch->full_looks >= TASKS_LOOKS)
		kill_for(watch, job->max_processes, "processes");
}

/* The log is one file or two, which are quick to measure; the work tree may be large. */
static void look_at_disk(struct watch *watch)
{
	const struct local_job *job = watch->job;
	const int64_t started = g_get_monotonic_time();
	enum disk_state state;

	if (disk_is_nearly_full(watch->work))
		watch->problem = g_strdup("killed: the disk is nearly full");
	else if (folder_measure(job->log_dir, job->max_log) != DISK_FITS)
		kill_for(watch, job->max_log / MIB, "MiB of log");
	if (watch->problem || started < watch->disk_due)
		return;
	state = folder_measure(watch->work, job->max_disk);
	if (state == DISK_TOO_DEEP)
		kill_for(watch, FOLDER_DEPTH_MAX, "folders below each other");
	else if (state == DISK_EXCEEDED)
		kill_for(watch, job->max_disk / MIB, "MiB of disk");
	watch->disk_due = g_get_monotonic_time() +
			  MAX(DISK_MICROS, DISK_SHARE * (g_get_monotonic_time() - started));
}

static void look_at_limits(struct watch *watch)
{
	if (g_get_monotonic_time() > watch->deadline)
		kill_for(watch, watch->job->build_timeout, "seconds of time");
	if (!watch->problem)
		look_at_processes(watch);
	if (!watch->problem)
		look_at_disk(watch);
}

static void watch_step(struct watch *watch)
{
	const struct timespec tick = { .tv_nsec = watch->tick * 1000 };
	sigset_t set;
	int number;

	signals_of_interest(&set);
	number = sigtimedwait(&set, NULL, &tick);
	reap(watch);
	if (watch->has_ended)
		return;
	if ((number > 0 && number != SIGCHLD) || g_access(watch->cancel, F_OK) == 0)
		watch->is_canceled = true;
	else
		look_at_limits(watch);
}

static char *worker_problem(int status)
{
	if (WIFSIGNALED(status))
		return g_strdup_printf("the job's worker was ended by signal %d", WTERMSIG(status));
	return g_strdup_printf("the job's worker ended with %d and no outcome",
			       WEXITSTATUS(status));
}

/* What the worker found, unless we ended it. */
static bool conclude(struct watch *watch, GError **error)
{
	g_autofree char *outcome = g_build_filename(watch->dir, "outcome.json", NULL);
	g_autofree char *final = g_build_filename(watch->dir, "result.json", NULL);
	g_auto(LocalResult) result = { .state = TASK_FAILED };

	if (!watch->is_canceled && !watch->problem && g_rename(outcome, final) == 0)
		return folder_sync(watch->dir);
	if (watch->is_canceled)
		result.state = TASK_CANCELED;
	result.reason = watch->is_canceled ? g_strdup(CANCELED_REASON)
			: watch->problem   ? g_strdup(watch->problem)
					   : worker_problem(watch->status);
	job_log_note(watch->job->log_dir, "%s", result.reason);
	job_log_describe(watch->job->log_dir, &result);
	return local_result_write(watch->dir, "result.json", &result, error);
}

int watch_job(const char *dir, const struct local_job *job, int lock)
{
	g_autoptr(GError) error = NULL;
	struct watch watch = {
		.dir = dir,
		.job = job,
		.work = g_build_filename(dir, "work", NULL),
		.cancel = g_build_filename(dir, "cancel", NULL),
		.deadline = g_get_monotonic_time() + (int64_t)job->build_timeout * G_USEC_PER_SEC,
		.tick = TICK_MICROS_MIN,
	};
	bool is_done = show_pid(lock) && watch_start(&watch);

	if (!is_done)
		fprintf(stderr, "rida-job: %s\n", g_strerror(errno));
	while (is_done && !watch.has_ended && !watch.is_canceled && !watch.problem)
		watch_step(&watch);
	tree_kill();
	if (is_done &&
	    (!fault_point(FAULT_JOB_BEFORE_RESULT, &error) || !conclude(&watch, &error) ||
	     !fault_point(FAULT_JOB_AFTER_RESULT, &error) || !folder_remove(watch.work, &error))) {
		fprintf(stderr, "rida-job: %s\n", error ? error->message : g_strerror(errno));
		is_done = false;
	}
	watch_clear(&watch);
	return is_done ? 0 : 1;
}

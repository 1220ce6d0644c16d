/* SPDX-License-Identifier: MIT */
#include "cgi/prefork.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

#define BACKLOG     512
#define YOUNG       (5 * G_USEC_PER_SEC)
#define PAUSE_FIRST (G_USEC_PER_SEC / 10)
#define PAUSE_MAX   (10 * G_USEC_PER_SEC)
#define GRACE       (3 * G_USEC_PER_SEC)  /* for a request, when all end */
#define GRACE_LONG  (60 * G_USEC_PER_SEC) /* for a submission, when workers are replaced */

struct worker {
	pid_t pid; /* 0: none */
	int64_t began;
	int64_t kill_at; /* 0: not asked to end */
};

struct pool {
	const struct prefork *prefork;
	GArray *workers; /* struct worker */
	int64_t pause;   /* the next one after an early death; 0: none died early */
	int64_t start_at;
	sigset_t normal; /* the signal mask of before */
};

bool prefork_listen(const char *path, const char *group, int *ret_fd, GError **error)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct group *facts = group && group[0] ? getgrnam(group) : NULL;
	mode_t mask;
	bool is_good;
	int fd;

	if (group && group[0] && !facts)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "there is no group %s", group);
	if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the socket's path %s is longer than %zu bytes", path,
			    sizeof address.sun_path - 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	mask = umask(0117);
	is_good = fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
	umask(mask);
	is_good = is_good && (!facts || chown(path, (uid_t)-1, facts->gr_gid) == 0) &&
		  listen(fd, BACKLOG) == 0;
	if (is_good) {
		*ret_fd = fd;
		return true;
	}
	fail(error, RIDA_ERROR_UNAVAILABLE, "cannot listen at %s: %s", path, g_strerror(errno));
	if (fd >= 0)
		close(fd);
	return false;
}

/* The worker's own life, after fork(). Its ending signals never interrupt it: it reads them where
 * it waits for a request. */
static void live(const struct pool *pool)
{
	sigset_t ending, mask = pool->normal;
	int stop;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGHUP);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGHUP);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	stop = signalfd(-1, &ending, SFD_CLOEXEC);
	g_assert(stop >= 0);
	pool->prefork->work(pool->prefork->data, stop);
	_exit(0);
}

static void start_missing(struct pool *pool)
{
	if (g_get_monotonic_time() < pool->start_at)
		return;
	for (guint i = 0; i < pool->workers->len; i++) {
		struct worker *worker = &g_array_index(pool->workers, struct worker, i);
		pid_t pid;

		if (worker->pid)
			continue;
		pid = fork();
		if (pid == 0)
			live(pool);
		*worker = (struct worker){ .pid = MAX(pid, 0), .began = g_get_monotonic_time() };
		if (pid < 0)
			log_error("worker-not-started", log_text("problem", g_strerror(errno)));
	}
}

static struct worker *find_worker(struct pool *pool, pid_t pid)
{
	for (guint i = 0; i < pool->workers->len; i++) {
		struct worker *worker = &g_array_index(pool->workers, struct worker, i);

		if (worker->pid == pid)
			return worker;
	}
	return NULL;
}

/* Notes a worker's end; one that died young makes the next start wait. */
static void bury(struct pool *pool, pid_t pid, int status)
{
	struct worker *worker = find_worker(pool, pid);
	int64_t now = g_get_monotonic_time();
	bool is_ordinary = WIFEXITED(status) && WEXITSTATUS(status) == 0;

	if (!worker)
		return;
	if (!is_ordinary && !worker->kill_at)
		log_error("worker-died", log_i64("pid", pid), log_i64("status", status));
	if (is_ordinary || worker->kill_at || now - worker->began >= YOUNG) {
		pool->pause = 0;
	} else {
		pool->pause = CLAMP(pool->pause * 2, PAUSE_FIRST, PAUSE_MAX);
		pool->start_at = now + pool->pause;
	}
	*worker = (struct worker){ 0 };
}

static void bury_all(struct pool *pool)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		bury(pool, pid, status);
}

static void end_workers(struct pool *pool, int64_t grace)
{
	for (guint i = 0; i < pool->workers->len; i++) {
		struct worker *worker = &g_array_index(pool->workers, struct worker, i);

		if (!worker->pid)
			continue;
		worker->kill_at = g_get_monotonic_time() + grace;
		kill(worker->pid, SIGTERM);
	}
}

static void kill_late(const struct pool *pool)
{
	for (guint i = 0; i < pool->workers->len; i++) {
		const struct worker *worker = &g_array_index(pool->workers, struct worker, i);

		if (worker->pid && worker->kill_at && g_get_monotonic_time() >= worker->kill_at)
			kill(worker->pid, SIGKILL);
	}
}

static bool workers_remain(const struct pool *pool)
{
	for (guint i = 0; i < pool->workers->len; i++)
		if (g_array_index(pool->workers, struct worker, i).pid)
			return true;
	return false;
}

/* The next of our signals, or 0 after a tenth of a second when something is to be done then, else
 * after a minute. */
static int next_signal(const struct pool *pool, const sigset_t *signals, bool is_ending)
{
	bool is_busy = is_ending || g_get_monotonic_time() < pool->start_at;
	struct timespec patience = { .tv_sec = is_busy ? 0 : 1,
				     .tv_nsec = is_busy ? 100000000 : 0 };
	int number = sigtimedwait(signals, NULL, &patience);

	return MAX(number, 0);
}

/* Until the last worker has ended after TERM or INT. */
static void keep(struct pool *pool, const sigset_t *signals)
{
	bool is_ending = false;

	while (!is_ending || workers_remain(pool)) {
		int number;

		if (!is_ending)
			start_missing(pool);
		number = next_signal(pool, signals, is_ending);
		bury_all(pool);
		if ((number == SIGTERM || number == SIGINT) && !is_ending) {
			is_ending = true;
			end_workers(pool, GRACE);
		}
		if (number == SIGHUP && !is_ending) {
			if (pool->prefork->renew)
				pool->prefork->renew(pool->prefork->data);
			end_workers(pool, GRACE_LONG);
		}
		kill_late(pool);
	}
}

void prefork_run(const struct prefork *prefork)
{
	struct pool pool = { .prefork = prefork };
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &pool.normal);
	pool.workers = g_array_new(FALSE, TRUE, sizeof(struct worker));
	g_array_set_size(pool.workers, (guint)prefork->workers);
	keep(&pool, &signals);
	g_array_unref(pool.workers);
}

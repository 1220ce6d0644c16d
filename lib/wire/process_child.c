/* SPDX-License-Identifier: MIT */
#include "wire/process_child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"

#define CHILD_PATH "/usr/bin:/usr/sbin:/bin:/sbin"

static const char *const plain_environment[] = { "PATH=" CHILD_PATH, "LC_ALL=C.UTF-8", NULL };

/* What a child was doing when it was refused something. */
enum step { STEP_DESCRIPTORS, STEP_DIRECTORY, STEP_LIMITS, STEP_USER, STEP_PROGRAM };
static const char *const step_names[] = {
	"setting up its descriptors", "entering its folder", "setting its limits",
	"becoming another user",      "executing it",
};

struct report {
	enum step step;
	int number; /* errno */
};

struct plan {
	const struct process_wants *wants;
	char *program;
	char **argv;
	char **environment;
	int *sources; /* become the descriptors 0, 1, 2, … */
	size_t sources_count;
	pid_t parent;
	int report_fd;
};

static char *find_program(const char *name)
{
	g_auto(GStrv) folders = NULL;

	if (strchr(name, '/'))
		return g_strdup(name);
	folders = g_strsplit(CHILD_PATH, ":", -1);
	for (size_t i = 0; folders[i]; i++) {
		g_autofree char *path = g_build_filename(folders[i], name, NULL);

		if (access(path, X_OK) == 0)
			return g_steal_pointer(&path);
	}
	return NULL;
}

static void plan_clear(struct plan *plan)
{
	g_free(plan->program);
	g_strfreev(plan->argv);
	g_strfreev(plan->environment);
	g_free(plan->sources);
}

static char **copy_strings(const char *const *strings)
{
	GPtrArray *copy = g_ptr_array_new();

	for (; *strings; strings++)
		g_ptr_array_add(copy, g_strdup(*strings));
	g_ptr_array_add(copy, NULL);
	return (char **)g_ptr_array_free(copy, FALSE);
}

/* All are moved out of the way first, so that no dup2 overwrites a source that is still needed. */
static bool place_descriptors(const struct plan *plan)
{
	const int above = (int)plan->sources_count;

	for (size_t i = 0; i < plan->sources_count; i++) {
		plan->sources[i] = fcntl(plan->sources[i], F_DUPFD_CLOEXEC, above);
		if (plan->sources[i] < 0)
			return false;
	}
	for (size_t i = 0; i < plan->sources_count; i++)
		if (dup2(plan->sources[i], (int)i) < 0)
			return false;
	return close_range((unsigned)plan->sources_count, ~0U, CLOSE_RANGE_CLOEXEC) == 0;
}

static bool set_limit(__rlimit_resource_t kind, uint64_t value)
{
	const struct rlimit limit = { .rlim_cur = value, .rlim_max = value };

	return value == 0 || setrlimit(kind, &limit) == 0;
}

static bool set_limits(const struct process_wants *wants)
{
	const struct rlimit none = { 0 };

	return setrlimit(RLIMIT_CORE, &none) == 0 && set_limit(RLIMIT_FSIZE, wants->max_file) &&
	       set_limit(RLIMIT_AS, wants->max_address) && set_limit(RLIMIT_CPU, wants->max_cpu);
}

static bool become_user(const struct process_wants *wants)
{
	if (wants->drop && geteuid() == 0)
		if (setgroups(0, NULL) || setresgid(wants->gid, wants->gid, wants->gid) ||
		    setresuid(wants->uid, wants->uid, wants->uid))
			return false;
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void reset_signals(void)
{
	const struct sigaction standard = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int i = 1; i < NSIG; i++)
		sigaction(i, &standard, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Does all steps up to exec; returns only when one is refused. */
static enum step become_program(struct plan *plan)
{
	const char *directory = plan->wants->directory ? plan->wants->directory : "/";

	setpgid(0, 0);
	reset_signals();
	plan->report_fd = fcntl(plan->report_fd, F_DUPFD_CLOEXEC, (int)plan->sources_count);
	if (plan->report_fd < 0 || !place_descriptors(plan))
		return STEP_DESCRIPTORS;
	if (!set_limits(plan->wants))
		return STEP_LIMITS;
	if (!become_user(plan->wants))
		return STEP_USER;
	if (chdir(directory))
		return STEP_DIRECTORY;
	/* Whoever waits for us reads our output: without a parent there is nothing left to do. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) || getppid() != plan->parent)
		_exit(127);
	execve(plan->program, plan->argv, plan->environment);
	return STEP_PROGRAM;
}

static G_GNUC_NORETURN void child(struct plan *plan)
{
	struct report report = { .step = become_program(plan) };

	report.number = errno;
	if (write(plan->report_fd, &report, sizeof report) < 0)
		_exit(126);
	_exit(127);
}

/* Signals wait while there are two of us, lest the parent's handlers run in the child. */
static pid_t fork_quietly(struct plan *plan)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = fork();
	if (pid == 0)
		child(plan);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return pid;
}

static bool wait_for_program(pid_t pid, int fd, const char *name, GError **error)
{
	struct report report = { 0 };
	ssize_t length;

	do {
		length = read(fd, &report, sizeof report);
	} while (length < 0 && errno == EINTR);
	if (length != sizeof report)
		return true;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	return fail(error, RIDA_ERROR_UNAVAILABLE, "%s could not be started: %s while %s", name,
		    g_strerror(report.number), step_names[report.step]);
}

static void plan_init(struct plan *plan, const struct process_wants *wants, const int stdio[3])
{
	plan->wants = wants;
	plan->program = find_program(wants->argv[0]);
	plan->argv = copy_strings(wants->argv);
	plan->environment =
		copy_strings(wants->environment ? wants->environment : plain_environment);
	plan->sources_count = 3 + wants->extra_fds_count;
	plan->sources = g_new(int, plan->sources_count);
	for (size_t i = 0; i < plan->sources_count; i++)
		plan->sources[i] = i < 3 ? stdio[i] : wants->extra_fds[i - 3];
	plan->parent = getpid();
}

static bool start(struct plan *plan, pid_t *ret, GError **error)
{
	const char *name = plan->argv[0];
	int fds[2];
	bool is_running;

	if (!plan->program)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "the program %s is not installed in a system folder", name);
	if (pipe2(fds, O_CLOEXEC))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "no pipe for %s: %s", name,
			    g_strerror(errno));
	plan->report_fd = fds[1];
	*ret = fork_quietly(plan);
	close(fds[1]);
	if (*ret < 0)
		fail(error, RIDA_ERROR_UNAVAILABLE, "%s could not be started: %s", name,
		     g_strerror(errno));
	is_running = *ret > 0 && wait_for_program(*ret, fds[0], name, error);
	close(fds[0]);
	return is_running;
}

bool process_start(const struct process_wants *wants, const int stdio[3], pid_t *ret,
		   GError **error)
{
	struct plan plan = { 0 };
	bool is_running;

	plan_init(&plan, wants, stdio);
	is_running = start(&plan, ret, error);
	plan_clear(&plan);
	return is_running;
}

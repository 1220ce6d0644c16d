/* SPDX-License-Identifier: MIT */
#include "ports/builder/local_survivors.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/strict.h"
#include "ports/builder/local_job.h"

#define ROUNDS_MAX 10 /* somebody may be born while others are ended */
#define END_MILLIS 2000

static bool is_program(const char *argument)
{
	g_autofree char *name = g_path_get_basename(argument);

	return strcmp(name, "bwrap") == 0 || strcmp(name, "rida-job") == 0;
}

/* Whether the process is a sandbox's, or about to become one, of the job with this work tree. */
static bool is_survivor(const char *pid, const char *work)
{
	g_autofree char *path = g_build_filename("/proc", pid, "cmdline", NULL);
	g_autofree char *arguments = NULL;
	gsize length;
	const char *end;

	if (!g_file_get_contents(path, &arguments, &length, NULL) || !is_program(arguments))
		return false;
	end = arguments + length;
	for (const char *argument = arguments; argument < end; argument += strlen(argument) + 1)
		if (g_str_has_prefix(argument, work))
			return true;
	return false;
}

/* Asked again once the descriptor is open: a number may have gone to somebody else before. */
static bool end_survivor(const char *pid, const char *work)
{
	uint64_t number;
	struct pollfd end = { .events = POLLIN };
	bool has_ended;

	if (!strict_u64(pid, 1, G_MAXINT, &number, NULL))
		return true;
	end.fd = (int)syscall(SYS_pidfd_open, (pid_t)number, 0);
	if (end.fd < 0)
		return true;
	has_ended = !is_survivor(pid, work) ||
		    (syscall(SYS_pidfd_send_signal, end.fd, SIGKILL, NULL, 0) == 0 &&
		     poll(&end, 1, END_MILLIS) == 1);
	close(end.fd);
	return has_ended;
}

/* One look at all processes. */
static bool end_all(const char *work, bool *ret_is_any, GError **error)
{
	g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
	const char *name;

	*ret_is_any = false;
	while (processes && (name = g_dir_read_name(processes))) {
		if (!g_ascii_isdigit(name[0]) || !is_survivor(name, work))
			continue;
		*ret_is_any = true;
		if (!end_survivor(name, work))
			return fail(error, RIDA_ERROR_UNAVAILABLE,
				    "process %s of a lost job does not end", name);
	}
	return true;
}

/* The lock says that the job is nobody's, and keeps it so meanwhile. */
bool local_survivors_end(const char *dir, GError **error)
{
	g_autofree char *work = g_build_filename(dir, "work" G_DIR_SEPARATOR_S, NULL);
	const int lock = local_job_lock(dir);
	bool is_any = lock >= 0, is_fine = true;

	for (unsigned i = 0; i < ROUNDS_MAX && is_any && is_fine; i++)
		is_fine = end_all(work, &is_any, error);
	if (lock >= 0)
		close(lock);
	return is_fine;
}

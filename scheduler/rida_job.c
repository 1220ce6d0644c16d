/* SPDX-License-Identifier: MIT */

/*
 * rida-job DIR: the supervisor of one local build. It holds DIR/lock all its life, is the parent
 * of everything that the build runs, and writes DIR/result.json at the end. Started by a pass that
 * does not wait for it, or by hand.
 *
 * rida-job --overlay UID GID LOWER MOUNT PROGRAM…: how a build's sandbox gets its /usr.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fault.h"
#include "base/strict.h"
#include "ports/builder/local_job.h"
#include "scheduler/rida_job_overlay.h"
#include "scheduler/rida_job_watch.h"

#define INHERITED_FD 3
#define EXIT_USAGE   2

static int complain(const char *what, const char *why)
{
	fprintf(stderr, "rida-job: %s: %s\n", what, why);
	return 1;
}

/* Whoever started us may have taken the lock already, so that there is no gap. */
static int take_lock(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "lock", NULL);
	struct stat ours, theirs;

	if (stat(path, &ours) || fstat(INHERITED_FD, &theirs) || ours.st_ino != theirs.st_ino ||
	    ours.st_dev != theirs.st_dev)
		return local_job_lock(dir);
	if (flock(INHERITED_FD, LOCK_EX | LOCK_NB) || fcntl(INHERITED_FD, F_SETFD, FD_CLOEXEC))
		return -1;
	return INHERITED_FD;
}

static bool own_stdio(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "supervisor.log", NULL);
	const int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int out = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	return in >= 0 && out >= 0 && dup2(in, STDIN_FILENO) >= 0 &&
	       dup2(out, STDOUT_FILENO) >= 0 && dup2(out, STDERR_FILENO) >= 0;
}

/* The first process ends only when the second has left its session and group behind. */
static bool detach(const char *dir)
{
	const char ready = 1;
	int fds[2];
	char heard;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return false;
	pid = fork();
	if (pid > 0) {
		close(fds[1]);
		_exit(read(fds[0], &heard, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	if (pid < 0 || setsid() < 0 || !own_stdio(dir) || write(fds[1], &ready, 1) != 1)
		return false;
	close(fds[1]);
	return true;
}

static int job_main(const char *dir)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(LocalJob) job = NULL;
	int lock;

	if (!fault_arm(getenv("RIDA_FAULT"), &error) || !local_job_read(dir, &job, &error))
		return complain(dir, error->message);
	lock = take_lock(dir);
	if (lock < 0)
		return complain(dir, "the lock is not there, or somebody serves this job already");
	if (!detach(dir))
		return complain(dir, g_strerror(errno));
	if (!fault_point(FAULT_JOB_LOCKED, &error))
		return complain(dir, error->message);
	return watch_job(dir, job, lock);
}

/* Nobody becomes root here: that would be no sandbox. */
static int overlay_main(char **arguments)
{
	uint64_t uid, gid;
	struct overlay overlay = { .lower = arguments[2], .mount_point = arguments[3] };

	if (!strict_u64(arguments[0], 0, UINT32_MAX - 1, &uid, NULL) ||
	    !strict_u64(arguments[1], 0, UINT32_MAX - 1, &gid, NULL) ||
	    (uid == 0 && geteuid() == 0))
		return complain("--overlay", "a user and a group by number are wanted, not root");
	overlay.uid = (uid_t)uid;
	overlay.gid = (gid_t)gid;
	return overlay_exec(&overlay, arguments + 4);
}

int main(int argc, char **argv)
{
	umask(022);
	if (argc >= 7 && strcmp(argv[1], "--overlay") == 0)
		return overlay_main(argv + 2);
	if (argc == 2 && argv[1][0] == '/')
		return job_main(argv[1]);
	fputs("Usage: rida-job DIR\nServes one local build in its folder, an absolute path.\n",
	      stderr);
	return EXIT_USAGE;
}

/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <glib.h>

#define EXIT_REFUSED 125

static bool write_map(const char *path, const char *text)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool is_written;

	if (fd < 0)
		return false;
	is_written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return is_written;
}

/* Only ourselves, as this namespace's root: that is what mounting wants. */
static bool become_namespace_root(uid_t uid, gid_t gid)
{
	g_autofree char *users = g_strdup_printf("0 %u 1", uid);
	g_autofree char *groups = g_strdup_printf("0 %u 1", gid);

	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 &&
	       write_map("/proc/self/setgroups", "deny") &&
	       write_map("/proc/self/uid_map", users) && write_map("/proc/self/gid_map", groups);
}

/*
 * A changed user makes a process one that may not be looked into, and then its maps are not its
 * own to write; it also forgets to die with its parent.
 */
static bool become_user(const struct overlay *overlay, pid_t parent)
{
	if (geteuid() == 0 &&
	    (setgroups(0, NULL) || setresgid(overlay->gid, overlay->gid, overlay->gid) ||
	     setresuid(overlay->uid, overlay->uid, overlay->uid)))
		return false;
	if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return false;
	return getppid() == parent;
}

static bool mount_overlay(const struct overlay *overlay)
{
	g_autofree char *options = g_strdup_printf("lowerdir=%s", overlay->lower);

	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("overlay", overlay->mount_point, "overlay", MS_RDONLY | MS_NODEV | MS_NOSUID,
		     options) == 0;
}

int overlay_exec(const struct overlay *overlay, char **argv)
{
	const char *step = "becoming the sandbox's user";
	bool is_ready = become_user(overlay, getppid());

	if (is_ready) {
		step = "making a namespace";
		is_ready = become_namespace_root(getuid(), getgid());
	}
	if (is_ready) {
		step = "mounting the overlay";
		is_ready = mount_overlay(overlay);
	}
	if (is_ready) {
		step = argv[0];
		execvp(argv[0], argv);
	}
	fprintf(stderr, "rida-job: %s: %s\n", step, strerror(errno));
	return EXIT_REFUSED;
}

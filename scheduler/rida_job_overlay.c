/* SPDX-License-Identifier: MIT */
#include "scheduler/rida_job_overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
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

int overlay_exec(const char *lower, const char *mount_point, char **argv)
{
	g_autofree char *options = g_strdup_printf("lowerdir=%s", lower);
	const char *step = "making a namespace";
	bool is_ready = become_namespace_root(getuid(), getgid());

	if (is_ready) {
		step = "mounting the overlay";
		is_ready = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
			   mount("overlay", mount_point, "overlay",
				 MS_RDONLY | MS_NODEV | MS_NOSUID, options) == 0;
	}
	if (is_ready) {
		step = argv[0];
		execvp(argv[0], argv);
	}
	fprintf(stderr, "rida-job: %s: %s\n", step, strerror(errno));
	return EXIT_REFUSED;
}

/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_OVERLAY_H
#define SCHEDULER_RIDA_JOB_OVERLAY_H

#include <sys/types.h>

struct overlay {
	uid_t uid; /* who to become first, when we are root */
	gid_t gid;
	const char *lower; /* "A:B": A over B, read-only */
	const char *mount_point;
};

/*
 * In a user and mount namespace of its own, lays the folders over each other and becomes the
 * program argv. Root becomes the user only here, because the user may not be able to reach this
 * program. Returns an exit code when it cannot; says why on stderr.
 */
int overlay_exec(const struct overlay *overlay, char **argv);

#endif

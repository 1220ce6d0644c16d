/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_OVERLAY_H
#define SCHEDULER_RIDA_JOB_OVERLAY_H

/*
 * In a user and mount namespace of its own, lays the folders of lower ("A:B", A over B) over each
 * other, read-only, at mount, and becomes the program argv. Returns an exit code when it cannot;
 * says why on stderr.
 */
int overlay_exec(const char *lower, const char *mount_point, char **argv);

#endif

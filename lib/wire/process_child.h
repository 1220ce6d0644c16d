/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PROCESS_CHILD_H
#define WIRE_PROCESS_CHILD_H

/*
 * The start of a child process: everything between fork and exec. Only process.c uses it. What
 * runs in the child is async-signal-safe, because the caller may have threads.
 */

#include "wire/process.h"
#include <sys/types.h>

/*
 * Starts the program with stdin, stdout and stderr as given; the descriptors stay the caller's.
 * Returns once the program is running. Errors: UNAVAILABLE, saying which step was refused.
 */
bool process_start(const struct process_wants *wants, const int stdio[3], pid_t *ret,
		   GError **error);

#endif

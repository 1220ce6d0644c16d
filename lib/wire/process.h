/* SPDX-License-Identifier: MIT */
#ifndef WIRE_PROCESS_H
#define WIRE_PROCESS_H

/*
 * Child processes: argv arrays, never a shell; an environment of their own, no descriptor but
 * those named, a process group of their own, limits, a time after which the group gets TERM and
 * then KILL, and bounded output. Blocking; use threads for several at once.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct process_wants {
	const char *const *argv; /* argv[0] is a path or a name in /usr/bin:/usr/sbin:/bin:/sbin */
	const char *const *
		environment; /* "NAME=value", NULL-terminated; NULL: only PATH and LC_ALL=C.UTF-8 */
	const char *directory; /* NULL: / */
	const char *input;     /* bytes for stdin; NULL: /dev/null */
	size_t input_length;
	int output_fd;        /* > 0: stdout and stderr go to this descriptor, nothing is kept */
	const int *extra_fds; /* further descriptors to hand on, as 3, 4, … */
	size_t extra_fds_count;
	unsigned timeout;     /* seconds; 0 is not allowed */
	size_t output_max;    /* bytes kept of stdout; more is an error */
	uint64_t max_file;    /* RLIMIT_FSIZE, 0: none */
	uint64_t max_address; /* RLIMIT_AS, 0: none */
	unsigned max_cpu;     /* seconds, 0: none */
	unsigned uid, gid;    /* with drop: who to become */
	bool drop;            /* become uid and gid, when we are root */
};

struct process_result {
	int status; /* exit code; 128 + signal when killed */
	bool is_timeout;
	bool is_too_long; /* more output than output_max */
	char *output;     /* stdout; NUL-terminated */
	size_t output_length;
	char *problem; /* the last 4 KiB of stderr */
};
void process_result_clear(struct process_result *result);
typedef struct process_result ProcessResult;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ProcessResult, process_result_clear)

/* Runs and waits. True whenever the child ran, whatever it said. Errors: UNAVAILABLE when it could
 * not be started. */
bool process_run(const struct process_wants *wants, struct process_result *ret, GError **error);

/* As process_run(), and the exit code must be 0. Errors: UNAVAILABLE for a time-out, UNACCEPTABLE
 * otherwise, with the end of stderr. */
bool process_check(const struct process_wants *wants, struct process_result *ret, GError **error);

#endif

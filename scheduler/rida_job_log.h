/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_LOG_H
#define SCHEDULER_RIDA_JOB_LOG_H

/* A job's logs: build.log is what the build said, root.log what was done around it. */

#include <glib.h>

#define JOB_LOG_BUILD   "build.log"
#define JOB_LOG_ROOT    "root.log"
#define JOB_EXCERPT_MAX 8192

struct local_result;

/* Appends a line with the time to root.log. */
void job_log_note(const char *log_dir, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Names the log that matters in a result, and takes what matters out of it. */
void job_log_describe(const char *log_dir, struct local_result *result);

/* The lines of a log that tell of trouble, and its end: valid UTF-8 of at most JOB_EXCERPT_MAX
 * bytes. */
char *job_log_excerpt(const char *text, gsize length);

/* The first line of trouble, for a reason; NULL when there is none. */
char *job_log_trouble(const char *text, gsize length);

/* The end of build.log, at most 256 KiB; empty when there is none. */
char *job_log_read(const char *log_dir, const char *name, gsize *ret_length);

#endif

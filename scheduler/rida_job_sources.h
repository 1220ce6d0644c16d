/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_SOURCES_H
#define SCHEDULER_RIDA_JOB_SOURCES_H

/* What a component is built from: the files at its recorded commit and those of the lookaside
 * cache. */

#include <glib.h>
#include <stdbool.h>

struct local_job;

/*
 * Fills the empty folder; *ret_spec is the spec's name in it, the caller's. Errors: UNACCEPTABLE
 * for what the packager must change, UNAVAILABLE for servers that are away.
 */
bool job_sources(const struct local_job *job, const char *folder, char **ret_spec, GError **error);

#endif

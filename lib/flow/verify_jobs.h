/* SPDX-License-Identifier: MIT */
#ifndef FLOW_VERIFY_JOBS_H
#define FLOW_VERIFY_JOBS_H

/*
 * Checks of builds' components in the background of a pass, so that a slow server holds up no other
 * build. A job works on copies and uses no database: what it found is taken, and recorded, by the
 * thread of the pass.
 */

#include "flow/verify.h"

struct verify_jobs;
typedef struct verify_jobs VerifyJobs;

/* The configuration is borrowed until the end. */
struct verify_jobs *verify_jobs_new(const struct config *config);

/* Waits for the jobs that run, which end at their deadlines, and forgets what they found. */
void verify_jobs_free(struct verify_jobs *jobs);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyJobs, verify_jobs_free)

/* Starts the check of a build whose components are loaded; false: enough of them run already. */
bool verify_jobs_start(struct verify_jobs *jobs, const struct build *build);

/* What the check of this build finds is dropped when it ends: somebody has cancelled the build. */
void verify_jobs_forget(struct verify_jobs *jobs, uint64_t build_id);

/* How many were started and are not taken. */
unsigned verify_jobs_running(const struct verify_jobs *jobs);

/* A check that has ended. */
struct verify_job {
	uint64_t build_id;
	GPtrArray *components; /* struct component: copies, with the commits that were found */
	struct verify_result result;
};
void verify_job_free(struct verify_job *job);
typedef struct verify_job VerifyJob;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(VerifyJob, verify_job_free)

/* The next one that has ended and is not forgotten, waiting for so long; NULL: none. The caller
 * owns it. */
struct verify_job *verify_jobs_take(struct verify_jobs *jobs, unsigned milliseconds);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_JOB_H
#define PORTS_BUILDER_LOCAL_JOB_H

/*
 * One attempt of a local build: a folder with job.json (what to do), lock, cancel, result.json
 * and the work tree, served by one rida-job. Whether it lives is told by the lock alone: held, it
 * runs; free and no result, it is lost. The lock is taken before rida-job is started and goes
 * over to it, so there is no moment in which a started job looks lost.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/build.h"

struct local_job {
	char *component;
	char *repository;
	char *commit;
	char *spec; /* module-build-macros: the spec and its one source; else NULL */
	char *macros;
	char *build_dir; /* with "root" (the buildroot) and "results" */
	char *log_dir;   /* of this attempt */
	char *cache_dir;
	char *sandbox_user;
	char *lookaside_url;
	char **spec_paths;
	char **scm_allow;
	uint64_t overlay; /* the kernel has overlays for us */
	uint64_t private_addresses;
	uint64_t git_timeout, git_max_bytes, source_max_bytes;
	uint64_t build_timeout, max_memory, max_disk, max_log, max_processes, max_file;
};
typedef struct local_job LocalJob; /* the names that g_autoptr and g_auto need */
void local_job_free(struct local_job *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(LocalJob, local_job_free)

/* Reads DIR/job.json. Errors: MALFORMED, UNAVAILABLE. */
bool local_job_read(const char *dir, struct local_job **ret, GError **error);

struct local_result {
	uint64_t state; /* enum task_state: closed, failed or canceled */
	char *nvr;
	char *reason;
	char *log_file;
	char *excerpt;
};
typedef struct local_result LocalResult;
void local_result_clear(struct local_result *result);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LocalResult, local_result_clear)

/* Writes DIR/NAME durably: temporary file, fsync, rename. */
bool local_result_write(const char *dir, const char *name, const struct local_result *result,
			GError **error);

enum job_life { JOB_ABSENT, JOB_RUNNING, JOB_ENDED, JOB_LOST };

/* Looks at a job; ret_result is filled when it has ended. Errors: UNAVAILABLE. */
bool local_job_look(const char *dir, enum job_life *ret, struct local_result *ret_result,
		    GError **error);

/*
 * Starts a job in jobs_dir/key. One that runs or has ended already is left alone; what a lost one
 * left is removed first. Errors: UNAVAILABLE, with what rida-job said.
 */
bool local_job_start(const char *jobs_dir, const char *key, const struct local_job *job,
		     const char *program, GError **error);

/* Asks a running job to end; it does so soon. */
bool local_job_cancel(const char *dir, GError **error);

/* Opens DIR/lock and takes it, or returns -1 when somebody else holds it or it is not there. */
int local_job_lock(const char *dir);

#endif

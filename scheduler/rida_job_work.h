/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_WORK_H
#define SCHEDULER_RIDA_JOB_WORK_H

/*
 * The work of one job: sources, build in the sandbox, results. Runs in a process of its own and
 * leaves DIR/outcome.json; the packages of a success are in the build's results before that.
 */

struct local_job;

/* Returns an exit code: 0 when there is an outcome, good or bad. */
int work_on_job(const char *dir, const struct local_job *job);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_WATCH_H
#define SCHEDULER_RIDA_JOB_WATCH_H

/*
 * Watches over one job: its time, its tree's memory, its disk, and whether it was cancelled. The
 * work is done by a child, so that it can be ended as a whole at any moment; when this process is
 * killed, the child and its sandbox end too.
 */

struct local_job;

/* Returns an exit code; the job's outcome is in DIR/result.json. lock is held until then. */
int watch_job(const char *dir, const struct local_job *job, int lock);

#endif

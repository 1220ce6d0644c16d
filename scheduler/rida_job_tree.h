/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_TREE_H
#define SCHEDULER_RIDA_JOB_TREE_H

/*
 * What a job's processes and folders use, and their end. A process tree is everything that descends
 * from this process, wherever it has gone; as the subreaper of its descendants it loses none.
 */

#include <stdbool.h>
#include <stdint.h>

struct tree_use {
	uint64_t memory; /* resident bytes */
	uint64_t tasks;  /* processes and their threads */
};

/* Looks at all descendants, and at their files in memory, mapped or not. Memory that several share
 * counts for each of them; only when that is more than max it is counted once, which takes longer.
 */
void tree_measure(uint64_t max, struct tree_use *ret);

/* Ends all descendants and waits for them. */
void tree_kill(void);

#define FOLDER_DEPTH_MAX 200 /* more than any build needs */

enum disk_state {
	DISK_FITS,
	DISK_EXCEEDED, /* more bytes than allowed; an entry counts as a block at least */
	DISK_TOO_DEEP  /* deeper than FOLDER_DEPTH_MAX */
};

/* Measures what a folder holds. */
enum disk_state folder_measure(const char *path, uint64_t max);

/* Whether the folder's file system has so little left that others would be harmed. */
bool disk_is_nearly_full(const char *path);

#endif

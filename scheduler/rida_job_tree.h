/* SPDX-License-Identifier: MIT */
#ifndef SCHEDULER_RIDA_JOB_TREE_H
#define SCHEDULER_RIDA_JOB_TREE_H

/* The processes below this one, and what a folder holds. */

#include <stdbool.h>
#include <stdint.h>

/*
 * Whether all processes below this one together use more memory than that. Pages that several of
 * them share are counted once as soon as it matters.
 */
bool tree_memory_exceeds(uint64_t max);

/* Kills everything below this one and returns when nothing is left. */
void tree_kill(void);

/*
 * Whether the folder takes more than max bytes on disk, is deeper than any build needs, or its
 * filesystem is nearly full.
 */
bool folder_disk_exceeds(const char *path, uint64_t max);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FLOW_RECORD_H
#define FLOW_RECORD_H

/* Writes what a pass has learned and done: each build in a transaction of its own, with its fence.
 */

#include "flow/change.h"
#include "flow/work.h"

/*
 * Writes what is pending of the build and the move, which may be NULL; without either, nothing is
 * said to the database. False when it could not be written: the work has the error.
 */
bool record_work(struct pass *pass, struct work *work, const struct move *move);

/* What a transaction that may run again must find unchanged: taken before, put back at its start.
 */
struct build_memory;
struct build_memory *build_memory_new(const struct build *build);
void build_memory_restore(const struct build_memory *memory, struct build *build);
void build_memory_free(struct build_memory *memory);
typedef struct build_memory BuildMemory;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BuildMemory, build_memory_free)

#endif

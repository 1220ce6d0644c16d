/* SPDX-License-Identifier: MIT */
#ifndef FLOW_RECORD_H
#define FLOW_RECORD_H

/* Writes what a pass has learned and done: each build in a transaction of its own, with its fence.
 */

#include "flow/change.h"
#include "flow/work.h"

/* Whether something was learned of the build that is not written. */
bool record_has_news(const struct work *work);

/*
 * Writes what is pending of each build, and its move; of a build without anything pending, nothing
 * is said to the database. One that could not be written has the error and is torn. Several are
 * written at once.
 */
void record_works(struct pass *pass, GPtrArray *works);

/* The same for one build. */
void record_work(struct pass *pass, struct work *work);

/* What a transaction that may run again must find unchanged: taken before, put back at its start.
 */
struct build_memory;
struct build_memory *build_memory_new(const struct build *build);
void build_memory_restore(const struct build_memory *memory, struct build *build);
void build_memory_free(struct build_memory *memory);
typedef struct build_memory BuildMemory;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BuildMemory, build_memory_free)

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FLOW_RECORDERS_H
#define FLOW_RECORDERS_H

/*
 * Transactions of many builds side by side: a pass has some connections more than its own, each
 * used by one thread at a time, so that the server writes several commits to its disk at once.
 */

#include "base/config.h"
#include "store/db.h"

struct recorders;
typedef struct recorders Recorders;

/* Nothing is opened before it is needed; the configuration is borrowed. */
struct recorders *recorders_new(const struct config *config);
void recorders_free(struct recorders *recorders);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Recorders, recorders_free)

/*
 * Calls the function once for each item, in any order and from several threads, with a connection
 * that nobody else uses meanwhile: the caller's or one of ours. Returns when all are done. Few
 * items, or connections that cannot be opened: the caller's connection does it alone.
 */
typedef void recorder_fn(struct db *db, void *item, void *data);
void recorders_run(struct recorders *recorders, struct db *own, GPtrArray *items,
		   recorder_fn *function, void *data);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FLOW_CHANGE_H
#define FLOW_CHANGE_H

/*
 * The one place where a build's state changes: trace and outbox rows are written in the transaction
 * of the change. Used by submit (new builds) and by the pass.
 */

#include "model/build.h"
#include "store/build_store.h"

/*
 * Inserts a build, inside a transaction. Its state is BUILD_INIT, or BUILD_FAILED for a submission
 * that was rejected: then both states are announced. Sets ids, event_seq, submitted_at, modified_at
 * and completed_at. Errors: CONFLICT when its name, stream, version and context are tracked
 * already.
 */
bool change_insert(struct db *db, struct build *build, const char *actor, GError **error);

/*
 * Moves the build and saves it: state, reason (kept when NULL), failure type, completed_at,
 * event_seq; trace and outbox. Inside a transaction. Errors: CONFLICT when the build is no longer
 * ours.
 */
struct move {
	enum build_state to;
	const char *reason; /* NULL: keep the old one */
	enum failure_type failure_type;
	const char *actor;
	const GPtrArray *requires; /* struct build_require, for the message; NULL: none are known */
	const char *topdir;        /* of what is published, for the message; NULL: not known */
	int64_t now;               /* the database's clock in microseconds; 0: ask it */
};
bool change_move(struct db *db, struct build *build, const struct move *move,
		 const struct fence *fence, GError **error);

/*
 * Announces the state that the build is in once more, as an event that is later than any that may
 * be lost. Inside a transaction. Errors: CONFLICT when the build was changed meanwhile.
 */
bool change_repeat(struct db *db, struct build *build, const GPtrArray *requires, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_BUILD_STORE_H
#define STORE_BUILD_STORE_H

/*
 * Builds and their components. A build is inserted once, and from then on changed only by
 * build_store_save(), which compares the generation and the claim's token: the loser of a race
 * gets RIDA_ERROR_CONFLICT and forgets what it wanted. Each save writes the tasks' JSON too.
 */

#include "model/build.h"
#include "store/db.h"

/* What a writer proves: that it still holds the build. */
struct fence {
	const char *holder;
	uint64_t token;
};

/*
 * Inserts the build with its components, its view and its claim (due now); sets the ids of build
 * and components. state, gen and event_seq are taken as they are. Inside a transaction of the
 * caller. Errors: CONFLICT when its name, stream, version and context are tracked already.
 */
bool build_store_insert(struct db *db, struct build *build, GError **error);

/* One build without components; like: by its name, stream, version and context. Errors: MISSING. */
bool build_store_find(struct db *db, uint64_t id, struct build **ret, GError **error);
bool build_store_find_nsvc(struct db *db, const struct build *like, struct build **ret,
			   GError **error);

/* The builds of these ids by id, without components, in one statement; unknown ids are left out.
 * The caller owns the array of struct build. */
bool build_store_load_rows(struct db *db, const uint64_t *ids, size_t count, GPtrArray **ret,
			   GError **error);

/* The builds of these ids with their components, in two statements; unknown ids are left out. The
 * caller owns the array of struct build. */
bool build_store_load_many(struct db *db, const uint64_t *ids, size_t count, GPtrArray **ret,
			   GError **error);

/*
 * Writes the builds' columns, and their changed components and views, array-bound; raises gen by
 * one (also in the structs) and sets modified_at; inside a transaction of the caller.
 * Errors: CONFLICT when gen or the claim of one of them is no longer ours.
 */
struct build_save {
	struct build *build;
	struct fence fence;
};
bool build_store_save(struct db *db, const struct build_save *saves, size_t count, GError **error);

/* Ids (uint64_t) of the builds that may be seen by others in a later state than they are in, after
 * changes were lost: the open ones, and those that changed in the 30 days before the last change.
 */
bool build_store_restored(struct db *db, GArray **ret, GError **error);

/*
 * Lets generation and number of events of the build go on 100 later, in its struct and rows, inside
 * a transaction of the caller. Errors: CONFLICT when gen is no longer ours.
 */
#define BUILD_SKIP 100
bool build_store_skip(struct db *db, struct build *build, GError **error);

/* How many components are building anywhere: intents count. Inside the transaction that locked the
 * limits. */
bool build_store_count_building(struct db *db, uint64_t *ret, GError **error);

/* Locks the one row of limits until the transaction ends, so that slots are taken by one pass at a
 * time. */
bool build_store_lock_limits(struct db *db, GError **error);

#endif

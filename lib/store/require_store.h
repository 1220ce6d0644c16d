/* SPDX-License-Identifier: MIT */
#ifndef STORE_REQUIRE_STORE_H
#define STORE_REQUIRE_STORE_H

/* What builds are built with. */

#include "model/requires.h"
#include "store/db.h"

/* Those of these builds, by build and name; an array of struct build_require. */
bool require_store_load(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error);

/* Records them (struct build_require), array-bound, inside the caller's transaction, in place of
 * those that the build has. */
bool require_store_put(struct db *db, uint64_t build_id, const GPtrArray *requires, GError **error);

/*
 * The newest ready build that has a tag, of each name and stream that is wanted; none where there
 * is none. One statement. The names are checked ones. The caller owns the array of struct build.
 */
struct require_wish {
	const char *name;
	const char *stream;
};
bool require_store_find_ready(struct db *db, const struct require_wish *wishes, size_t count,
			      GPtrArray **ret, GError **error);

#endif

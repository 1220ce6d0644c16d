/* SPDX-License-Identifier: MIT */
#ifndef STORE_REQUIRE_STORE_H
#define STORE_REQUIRE_STORE_H

/* What builds are built with. */

#include "model/requires.h"
#include "store/db.h"

/* Those of these builds, by build and name; an array of struct build_require. */
bool require_store_load(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error);

/* Records them (struct build_require), array-bound, inside the caller's transaction; those that a
 * build has already are replaced. */
bool require_store_put(struct db *db, uint64_t build_id, const GPtrArray *requires, GError **error);

#endif

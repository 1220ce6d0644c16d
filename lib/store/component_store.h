/* SPDX-License-Identifier: MIT */
#ifndef STORE_COMPONENT_STORE_H
#define STORE_COMPONENT_STORE_H

/* The components of builds: written and read as a whole, together with their build, by build_store.
 */

#include "model/build.h"
#include "store/build_store.h"

/* Inserts the components of a new build, array-bound, and sets their ids. */
bool component_store_insert(struct db *db, struct build *build, GError **error);

/* Gives the builds (struct build, ascending id) their components; set is their db_id_set(). */
bool component_store_load(struct db *db, GPtrArray *builds, const char *set, GError **error);

/* Updates the changed components of the builds, array-bound, and clears their marks; ret_saved[i]
 * tells whether saves[i] had any. */
bool component_store_save(struct db *db, const struct build_save *saves, size_t count,
			  bool *ret_saved, GError **error);

#endif

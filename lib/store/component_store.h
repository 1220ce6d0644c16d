/* SPDX-License-Identifier: MIT */
#ifndef STORE_COMPONENT_STORE_H
#define STORE_COMPONENT_STORE_H

/* The components of builds: written together with their build, by build_store. */

#include "model/build.h"
#include "store/build_store.h"

/* Inserts the components of a new build, array-bound, and sets their ids. */
bool component_store_insert(struct db *db, struct build *build, GError **error);

/* Which components are loaded: those that are being built make a build partial, the rest makes it
 * whole again. */
enum components { COMPONENTS_ALL, COMPONENTS_BUILDING, COMPONENTS_REST };

/* Gives the builds (struct build, ascending id) components, in one statement. */
bool component_store_load(struct db *db, GPtrArray *builds, enum components which, GError **error);

/* Updates the changed components of the builds, array-bound, and clears their marks; ret_saved[i]
 * tells whether saves[i] had any. */
bool component_store_save(struct db *db, const struct build_save *saves, size_t count,
			  bool *ret_saved, GError **error);

#endif

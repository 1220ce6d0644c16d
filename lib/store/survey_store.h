/* SPDX-License-Identifier: MIT */
#ifndef STORE_SURVEY_STORE_H
#define STORE_SURVEY_STORE_H

/* What the rows say of tasks, for a comparison with the build systems. */

#include "store/db.h"

/* An attempt whose key a build system may know. */
struct known_attempt {
	char *key;
	uint64_t build_id;
	char *component;
	uint32_t attempt;
	int state;        /* enum component_state */
	uint64_t task_id; /* 0: none is recorded */
	bool is_open;
};

/* The attempts of these keys (a JSON array of texts), and the open ones with a task of a builder:
 * arrays of struct known_attempt. */
bool survey_store_known(struct db *db, const char *keys, GPtrArray **ret, GError **error);
bool survey_store_open(struct db *db, const char *builder, GPtrArray **ret, GError **error);

/* A component of a builder's build, whose later attempts may be unknown. */
struct known_component {
	uint64_t build_id;
	char *uuid;
	char *name;
	uint32_t attempt;
};
void known_component_clear(struct known_component *component);

/* All components of a builder's builds, streamed into struct known_component. */
bool survey_store_components(struct db *db, const char *builder, struct db_rows **ret,
			     GError **error);

/* The builders of the builds that there are, names (char *). */
bool survey_store_builders(struct db *db, GPtrArray **ret, GError **error);

/* Microseconds since 1970: tasks of open builds, and of the last 30 days, are younger. */
bool survey_store_since(struct db *db, const char *builder, int64_t *ret, GError **error);

/* Ids (uint64_t) of a builder's builds whose tags are in use and were changed in the last 30 days,
 * at most 1,000, the newest. */
bool survey_store_recent(struct db *db, const char *builder, GArray **ret, GError **error);

#endif

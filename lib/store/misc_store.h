/* SPDX-License-Identifier: MIT */
#ifndef STORE_MISC_STORE_H
#define STORE_MISC_STORE_H

/* The small tables: documents, warnings, log excerpts, idempotency keys. */

#include "store/db.h"

/* Numbers are kept for ever: append only. */
enum modulemd_kind {
	MODULEMD_STORED = 0, /* version 2, as it is built */
	MODULEMD_SOURCE = 1, /* as it was in the repository */
	MODULEMD_FINAL = 2   /* with artifacts */
};
bool modulemd_store_put(struct db *db, uint64_t build_id, enum modulemd_kind kind, const char *text,
			GError **error);
/* Errors: MISSING. The caller owns the text. */
bool modulemd_store_get(struct db *db, uint64_t build_id, enum modulemd_kind kind, char **ret,
			GError **error);

/* The documents of that kind of these builds, in one statement; an array of struct modulemd. */
struct modulemd {
	uint64_t build_id;
	char *text;
};
bool modulemd_store_load(struct db *db, enum modulemd_kind kind, const uint64_t *build_ids,
			 size_t count, GPtrArray **ret, GError **error);

bool warning_store_insert(struct db *db, uint64_t build_id, const char *component, const char *text,
			  GError **error);
struct warning {
	char *component;
	char *text;
};
void warning_clear(struct warning *warning);
bool warning_store_select(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error);

struct log_excerpt {
	uint64_t component_id;
	uint32_t attempt;
	char *file;
	char *excerpt;
};
void log_excerpt_clear(struct log_excerpt *excerpt);
bool log_excerpt_store_put(struct db *db, uint64_t build_id, const struct log_excerpt *excerpt,
			   GError **error);
bool log_excerpt_store_select(struct db *db, uint64_t build_id, struct db_rows **ret,
			      GError **error);

/* An answer that is given again for the same key and body. */
struct idempotency {
	char *digest; /* SHA-256 of the body, hex */
	uint32_t status;
	char *location;
	char *body;
};
void idempotency_clear(struct idempotency *answer);
/* Errors: MISSING. */
bool idempotency_store_find(struct db *db, const char *caller, const char *key,
			    struct idempotency *ret, GError **error);
/* Inside the transaction of what the request did. Errors: CONFLICT when the key exists. */
bool idempotency_store_insert(struct db *db, const char *caller, const char *key,
			      const struct idempotency *answer, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_REQUEST_STORE_H
#define STORE_REQUEST_STORE_H

/* What people ask of a build: rows that the web inserts and the scheduler executes. */

#include "store/db.h"

/* Numbers are kept for ever: append only. */
enum request_kind {
	REQUEST_CANCEL = 1,
	REQUEST_READY = 2,
	REQUEST_RESUME = 3,
	REQUEST_RETIRE = 4,
	REQUEST_RELEASE = 5 /* end a quarantine */
};

struct request {
	uint64_t id;
	uint64_t build_id;
	int kind; /* enum request_kind */
	char *caller;
};
typedef struct request Request;
void request_free(struct request *request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Request, request_free)

/* Inserts a request; a trigger makes its build due now. */
bool request_store_insert(struct db *db, uint64_t build_id, enum request_kind kind,
			  const char *caller, GError **error);

/* The open requests of these builds, oldest first; an array of struct request. */
bool request_store_open(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error);

/* Whether the build has an open request of that kind. */
bool request_store_is_open(struct db *db, uint64_t build_id, enum request_kind kind, bool *ret,
			   GError **error);

/* Closes a request with what became of it, inside the caller's transaction. */
bool request_store_close(struct db *db, uint64_t id, const char *outcome, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_EVENT_STORE_H
#define STORE_EVENT_STORE_H

/* State changes: the trace row and the outbox row of each, in the transaction of the change. */

#include "model/build.h"
#include "store/db.h"

/* One announced state change; seq is build->event_seq, already raised. */
struct event {
	const struct build *build;
	int from_state; /* -1: the build is new */
	const char *reason;
	const char *actor;
	const char *msg_id;
	const char *body;
};

/* Writes trace and outbox, inside the caller's transaction. Errors: CONFLICT for a sequence number
 * that exists. */
bool event_store_insert(struct db *db, const struct event *event, GError **error);

/* A row of the trace, as the pages show it. */
struct trace_row {
	uint32_t seq;
	int from_state;
	int to_state;
	char *reason;
	char *actor;
	int64_t at;
};
void trace_row_clear(struct trace_row *row);
bool trace_store_select(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error);

/* A message that waits to be sent. */
struct outbox_row {
	uint64_t id;
	uint64_t build_id;
	uint32_t seq;
	char *msg_id;
	char *topic;
	char *body;
};
typedef struct outbox_row OutboxRow;
void outbox_row_free(struct outbox_row *row);

/* Unsent messages, by build and sequence, at most limit; an array of struct outbox_row. */
bool outbox_store_unsent(struct db *db, uint64_t limit, GPtrArray **ret, GError **error);

/* Marks messages as sent, in one statement. */
bool outbox_store_mark_sent(struct db *db, const uint64_t *ids, size_t count, GError **error);

/* Counts a failed try of these messages. */
bool outbox_store_count_try(struct db *db, const uint64_t *ids, size_t count, GError **error);

/*
 * Takes the lease of the one drain of the outbox (a row of claims-like kind, on the database's
 * clock): true in *ret_is_ours when it is ours now.
 */
bool outbox_store_lease(struct db *db, const char *holder, uint64_t seconds, bool *ret_is_ours,
			GError **error);
bool outbox_store_unlease(struct db *db, const char *holder, GError **error);

#endif

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

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_OUTBOX_STORE_H
#define STORE_OUTBOX_STORE_H

/*
 * Messages on their way out. Whoever holds the lease "outbox" gives state changes their numbers and
 * sends them; its row also is the breaker: after failures in a row nobody tries before retry_at.
 * All times are the database's.
 */

#include "store/db.h"

/* What there is to do, and who does it. */
struct outbox_look {
	char *holder;       /* of the lease; empty: nobody */
	bool is_held;       /* its time is not over */
	bool is_resting;    /* retry_at has not come */
	uint32_t failures;  /* of the whole bus, in a row */
	bool is_unnumbered; /* changes wait for their numbers */
	bool is_due;        /* messages may be sent, but for a rest */
};
void outbox_look_clear(struct outbox_look *look);

/* In one statement that reads only. */
bool outbox_store_look(struct db *db, struct outbox_look *ret, GError **error);

/*
 * Takes or prolongs the lease when it is free, the caller's, or its holder is gone (NULL: nobody
 * is known to be). False in *ret_is_ours also when its row is locked: that is not waited for.
 */
bool outbox_store_take(struct db *db, const char *holder, const char *gone, uint64_t seconds,
		       bool *ret_is_ours, GError **error);
bool outbox_store_give_back(struct db *db, const char *holder, GError **error);

/*
 * Numbers up to limit changes, in the order that they were written, in one transaction that only
 * the lease's holder can commit: *ret_is_ours is false when it is another by now.
 */
bool outbox_store_number(struct db *db, const char *holder, uint64_t limit, uint64_t *ret_count,
			 bool *ret_is_ours, GError **error);

/* A message that may be sent. */
struct outbox_row {
	uint64_t id;
	uint64_t build_id;
	uint64_t event_no;
	uint32_t seq;
	uint64_t refusals; /* how often it was refused */
	int state;         /* that the build changed to */
	char *msg_id;
	char *topic;
	char *body;
	char *name;
	char *owner;
	int64_t at;
};
typedef struct outbox_row OutboxRow;
void outbox_row_free(struct outbox_row *row);

/* Of each build only its first message that is neither sent nor dead, when that is due; by event
 * number, at most limit; an array of struct outbox_row. */
bool outbox_store_wave(struct db *db, uint64_t limit, GPtrArray **ret, GError **error);

/* Marks messages as sent, in one statement. */
bool outbox_store_mark_sent(struct db *db, const uint64_t *ids, size_t count, GError **error);

/* A try that failed: again after a back-off, or never. */
struct outbox_failure {
	uint64_t id;
	const char *problem;
	bool is_refused; /* counts towards its death, as a delay does not */
	bool is_dead;
};
bool outbox_store_fail(struct db *db, const struct outbox_failure *failures, size_t count,
		       GError **error);

/* Counts a failure of the whole bus and rests, longer each time; or forgets all failures. */
bool outbox_store_rest(struct db *db, const char *holder, const char *problem, GError **error);
bool outbox_store_recover(struct db *db, const char *holder, GError **error);

#endif

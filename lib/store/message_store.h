/* SPDX-License-Identifier: MIT */
#ifndef STORE_MESSAGE_STORE_H
#define STORE_MESSAGE_STORE_H

/* The outbox as operators see it: what has not left, and why; and sending again. */

#include "store/db.h"

/* The outbox and its bus now. */
struct message_summary {
	uint64_t waiting; /* not sent and not dead, delayed ones included */
	uint64_t delayed; /* have failed and wait for their next try */
	uint64_t dead;
	int64_t oldest;   /* of the waiting: when it was written; 0: there is none */
	int64_t retry_at; /* the bus rests until then; 0: it does not */
	char *problem;    /* the last one of the whole bus since it worked; empty: none */
};
void message_summary_clear(struct message_summary *summary);
bool message_store_summary(struct db *db, struct message_summary *ret, GError **error);

/* A message that has failed. */
struct failed_message {
	uint64_t build_id;
	uint32_t seq;
	char *msg_id;
	uint64_t tries;
	int64_t next_try_at; /* 0: it is dead */
	int64_t dead_at;     /* 0: it is not */
	char *problem;
};
typedef struct failed_message FailedMessage;

/* Dead ones first, each kind with the oldest first, at most limit; an array of struct
 * failed_message. */
bool message_store_failed(struct db *db, uint64_t limit, GPtrArray **ret, GError **error);

/* Lets messages go out again with their ids, sent ones, too; how many. The first: by message id;
 * then: of a build; all that are dead. */
bool message_store_again(struct db *db, const char *msg_id, uint64_t *ret_count, GError **error);
bool message_store_again_build(struct db *db, uint64_t build_id, uint64_t *ret_count,
			       GError **error);
bool message_store_again_dead(struct db *db, uint64_t *ret_count, GError **error);

#endif

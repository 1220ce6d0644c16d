/* SPDX-License-Identifier: MIT */
#ifndef STORE_DELIVERY_STORE_H
#define STORE_DELIVERY_STORE_H

/* Tries of messages at receivers that answer with words: what an operator looks at when somebody
 * misses a message. Rows are only added, and expire. */

#include "store/db.h"

struct delivery {
	uint64_t id; /* set by the database, as is at */
	uint64_t event_no;
	uint64_t build_id;
	char *receiver;  /* scheme, host and port: a path may hold a secret */
	unsigned status; /* 0: no answer */
	unsigned milliseconds;
	bool is_accepted;
	char *answer; /* its first words, or why there is none; NULL: nothing */
	int64_t at;
};
typedef struct delivery Delivery;
void delivery_free(struct delivery *delivery);

/* Adds them in one transaction of its own; texts are cut to what a row holds. */
bool delivery_store_insert(struct db *db, const struct delivery *deliveries, size_t count,
			   GError **error);

/* The newest first, at most limit; an array of struct delivery. build_id 0: of all builds. */
bool delivery_store_list(struct db *db, uint64_t build_id, uint64_t limit, GPtrArray **ret,
			 GError **error);

#endif

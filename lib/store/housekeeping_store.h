/* SPDX-License-Identifier: MIT */
#ifndef STORE_HOUSEKEEPING_STORE_H
#define STORE_HOUSEKEEPING_STORE_H

/* What age does to rows, and the clock it goes by: the database's. */

#include "store/db.h"

/* Removes at most limit old rows of each kind; ages in seconds. */
struct expiry {
	uint64_t outbox_age;
	uint64_t idempotency_age;
	uint64_t delivery_age;
	uint64_t limit;
};
bool housekeeping_store_expire(struct db *db, const struct expiry *expiry, uint64_t *ret_removed,
			       GError **error);

/*
 * Makes due the builds that age speaks about: not terminal and not modified for stuck_age, failed
 * and not modified for stale_age (seconds); at most limit.
 */
bool housekeeping_store_wake_old(struct db *db, uint64_t stuck_age, uint64_t stale_age,
				 uint64_t limit, GError **error);

/* The database's clock, in microseconds since 1970. */
bool clock_store_now(struct db *db, int64_t *ret, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_WATCH_STORE_H
#define STORE_WATCH_STORE_H

/* What a person who watches a build wants to know and its row does not hold. */

#include "store/db.h"

struct build_watch {
	int64_t now; /* the database's clock */
	bool cancel_is_asked;
	bool ready_is_asked;
	bool resume_is_asked;
	int64_t quarantined_at; /* set aside until an operator releases it; 0: it is not */
};

/* In one statement; an unknown build is nobody's wish. */
bool watch_store_read(struct db *db, uint64_t build_id, struct build_watch *ret, GError **error);

#endif

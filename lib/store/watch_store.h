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
	char *problem;  /* why it could not go on when it was last looked at; empty: it could */
	int64_t due_at; /* when it is looked at again; 0: it is not */
	int waits_for;  /* as recorded; for wait_of() */
	int64_t waits_since;
	int64_t looked_at; /* 0: never */
	uint32_t attempts; /* without progress */
};
void build_watch_clear(struct build_watch *watch);

/* In one statement; the caller clears it. An unknown build is nobody's wish. */
bool watch_store_read(struct db *db, uint64_t build_id, struct build_watch *ret, GError **error);

#endif

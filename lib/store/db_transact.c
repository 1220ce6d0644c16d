/* SPDX-License-Identifier: MIT */
#include "store/db.h"

#include "store/db_internal.h"

#define TRIES_MAX 5
/* Milliseconds between two tries: enough for the winner to finish. */
#define JITTER_MIN 10
#define JITTER_MAX 200

static bool transact_once(struct db *db, db_work_fn *function, void *data, GError **error)
{
	g_auto(DbWork) work = { NULL };

	return db_begin(db, &work, error) && function(db, data, error) && db_commit(&work, error);
}

bool db_transact(struct db *db, db_work_fn *function, void *data, GError **error)
{
	for (int try = 1;; try++) {
		g_autoptr(GError) problem = NULL;

		if (transact_once(db, function, data, &problem))
			return true;
		if (try == TRIES_MAX || !db_is_victim(db) || db_is_broken(db)) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		g_usleep((gulong)g_random_int_range(JITTER_MIN, JITTER_MAX) * 1000);
	}
}

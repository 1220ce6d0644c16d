/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_WORK_H
#define STORE_DB_WORK_H

/* Transactions. Included by store/db.h. */

#include <glib.h>
#include <stdbool.h>

struct db;

/* A transaction as a scope: leaving it without db_commit() rolls back. */
struct db_work {
	struct db *db; /* NULL: not open */
};
typedef struct db_work DbWork;
bool db_begin(struct db *db, struct db_work *work, GError **error);

/* Errors: UNKNOWN_OUTCOME when the connection broke while committing: read again by key. */
bool db_commit(struct db_work *work, GError **error);
void db_work_clear(struct db_work *work);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DbWork, db_work_clear)

/*
 * Runs a transaction function and runs it again, at most five times with jitter, when the server
 * chose it as a victim (deadlock, lock wait, record changed). The function begins no transaction
 * itself and must be repeatable. Errors: as the function's.
 */
typedef bool db_work_fn(struct db *db, void *data, GError **error);
bool db_transact(struct db *db, db_work_fn *function, void *data, GError **error);

#endif

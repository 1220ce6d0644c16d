/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_INTERNAL_H
#define STORE_DB_INTERNAL_H

/* What db.c tells its neighbours in this room only. */

#include "store/db.h"

/* Whether a statement since the beginning of the transaction lost against another transaction. */
bool db_is_victim(const struct db *db);

/* A statement of a migration file, which need not be a literal and cannot be prepared. */
bool db_execute_text(struct db *db, const char *sql, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_SESSION_H
#define STORE_DB_SESSION_H

/* What a session is like: the settings that the server is told, and how long we wait for it. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* The statement that makes a session ours; the caller frees it. */
char *db_session_settings(unsigned statement_timeout);

/*
 * How long may be waited for the server altogether: for a connection, for statements and for rows.
 * Each read has a time limit of its own; without this one a server that is slow with every answer
 * would keep a request for as long as it has something to ask for.
 */
struct db_patience {
	int64_t limit; /* microseconds; 0: none */
	int64_t spent;
};
bool db_patience_is_over(const struct db_patience *patience);

/* When something begins that is waited for, and that it has ended now. Without a limit no clock is
 * asked. */
int64_t db_patience_clock(const struct db_patience *patience);
void db_patience_spend(struct db_patience *patience, int64_t began);

#endif

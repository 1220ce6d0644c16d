/* SPDX-License-Identifier: MIT */
#ifndef STORE_DB_H
#define STORE_DB_H

/*
 * The one door to libmariadb: a connection, prepared statements with typed arguments, rows read
 * straight into structs, and transactions as scopes. Statements are literals and are prepared once
 * per connection. The session is UTC, strict, READ COMMITTED, with short lock waits, and never
 * reconnects by itself.
 *
 *	g_autoptr(DbRows) rows = NULL;
 *	r = db_select(db, SQL("SELECT id, name FROM t WHERE id = ?"), DB_ARGS(DB_U64(id)), columns,
 *		      &rows, error)
 */

#include "store/db_types.h"
#include "store/db_work.h"

struct db_options {
	const char *socket; /* empty: host and port */
	const char *host;
	unsigned port;
	const char *name; /* the database */
	const char *user;
	const char *password;
	const char *tls_ca_file;  /* empty: no TLS */
	unsigned connect_timeout; /* seconds to connect */
	unsigned timeout;         /* seconds to wait for the next bytes of an answer */
	unsigned
		statement_timeout; /* milliseconds a statement may run in the server; 0: no limit */
	unsigned patience; /* seconds that connecting, statements and rows may take together until
			      db_begin_request(), and from then on; 0: no limit */
};

struct db;
typedef struct db Db; /* the name that g_autoptr needs */

/* Errors: UNAVAILABLE when the server is away, too busy or refuses; FORBIDDEN for a wrong account.
 */
struct db *db_open(const struct db_options *options, GError **error);
void db_close(struct db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)

/* Whether the connection is known to be broken: close it and open a new one. */
bool db_is_broken(const struct db *db);

/* Whether the server refused a statement because it cannot be written now: read-only, not ready or
 * going down. It may be read; a new connection may reach the one that is written. */
bool db_is_unwritable(const struct db *db);

/* From now on statements and their rows have all their time again. What is asked for without any
 * left fails as on a lost connection. */
void db_begin_request(struct db *db);

/* How many statements were executed so far; tests hold requests to their number. */
uint64_t db_statements(const struct db *db);

struct db_rows;
typedef struct db_rows DbRows;

/* Runs a SELECT; the rows are streamed. One result may be open per connection. */
bool db_select(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
	       struct db_rows **ret, GError **error);

/* Fills the next row's struct: 1 a row, 0 the end, -1 an error. */
int db_next(struct db_rows *rows, void *ret_struct, GError **error);
void db_rows_free(struct db_rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)

/* The one row of a SELECT. Errors: MISSING when there is none. */
bool db_select_one(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
		   void *ret_struct, GError **error);

/* Runs a statement; ret_changed and ret_id may be NULL. Errors: CONFLICT for a duplicate key. */
bool db_execute(struct db *db, const char *sql, struct db_args args, uint64_t *ret_changed,
		uint64_t *ret_id, GError **error);

/*
 * The same statement for many rows of arguments in one round trip (array binding). Outside a
 * transaction the server commits after each row, which is slow.
 */
bool db_execute_many(struct db *db, const char *sql, struct db_matrix rows, uint64_t *ret_changed,
		     GError **error);

#endif

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
 *	r = db_select(db, SQL("SELECT id, name FROM t WHERE id = ?"), DB_ARGS(DB_U64(id)), columns, &rows, error)
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct db_options {
	const char *socket; /* empty: host and port */
	const char *host;
	unsigned port;
	const char *name; /* the database */
	const char *user;
	const char *password;
	const char *tls_ca_file; /* empty: no TLS */
	unsigned connect_timeout;   /* seconds to connect */
	unsigned timeout;           /* seconds to wait for the next bytes of an answer */
	unsigned statement_timeout; /* seconds a statement may run in the server; 0: no limit */
};

struct db;
typedef struct db Db; /* the name that g_autoptr needs */

/* Errors: UNAVAILABLE when the server is away, too busy or refuses; FORBIDDEN for a wrong account. */
struct db *db_open(const struct db_options *options, GError **error);
void db_close(struct db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Db, db_close)

/* Whether the connection is known to be broken: close it and open a new one. */
bool db_is_broken(const struct db *db);

/* How many statements were executed so far; tests hold requests to their number. */
uint64_t db_statements(const struct db *db);

/* A statement's text: literals only, by construction. */
#define SQL(literal) ("" literal)

enum db_kind { DB_KIND_NULL, DB_KIND_U64, DB_KIND_I64, DB_KIND_DOUBLE, DB_KIND_TEXT, DB_KIND_TIME };
struct db_value {
	enum db_kind kind;
	union {
		uint64_t u64;
		int64_t i64; /* also microseconds of a time */
		double real;
		const char *text;
	};
};
static inline struct db_value db_value_u64(uint64_t value)
{
	return (struct db_value){ .kind = DB_KIND_U64, .u64 = value };
}
static inline struct db_value db_value_i64(int64_t value)
{
	return (struct db_value){ .kind = DB_KIND_I64, .i64 = value };
}
static inline struct db_value db_value_double(double value)
{
	return (struct db_value){ .kind = DB_KIND_DOUBLE, .real = value };
}
static inline struct db_value db_value_text(const char *value) /* NULL: SQL NULL */
{
	return (struct db_value){ .kind = value ? DB_KIND_TEXT : DB_KIND_NULL, .text = value };
}
static inline struct db_value db_value_time(int64_t value) /* 0: SQL NULL */
{
	return (struct db_value){ .kind = value ? DB_KIND_TIME : DB_KIND_NULL, .i64 = value };
}
#define DB_U64(v)    db_value_u64(v)
#define DB_I64(v)    db_value_i64(v)
#define DB_DOUBLE(v) db_value_double(v)
#define DB_TEXT(v)   db_value_text(v)
#define DB_TIME(v)   db_value_time(v)
#define DB_NULL      ((struct db_value){ .kind = DB_KIND_NULL })

struct db_args {
	const struct db_value *values;
	size_t count;
};
#define DB_ARGS(...)                                                                               \
	((struct db_args){ (const struct db_value[]){ __VA_ARGS__ },                               \
			   sizeof((const struct db_value[]){ __VA_ARGS__ }) / sizeof(struct db_value) })
#define DB_NO_ARGS ((struct db_args){ NULL, 0 })

/* Where a column of a row goes. The order is that of the SELECT list. */
enum db_into {
	DB_INTO_U64,
	DB_INTO_U32,
	DB_INTO_I64,
	DB_INTO_INT, /* int or an enum; NULL becomes -1 */
	DB_INTO_BOOL,
	DB_INTO_DOUBLE,
	DB_INTO_TEXT, /* char *, owned by the struct, the old value freed; NULL stays NULL */
	DB_INTO_TIME  /* int64_t microseconds; NULL becomes 0 */
};
struct db_column {
	const char *name;
	enum db_into into;
	size_t offset;
};
struct db_columns {
	const struct db_column *columns;
	size_t count;
};
#define DB_COLUMNS(table) ((struct db_columns){ (table), sizeof(table) / sizeof((table)[0]) })

/* offsetof() that does not compile when the member has another type. */
#define OFFSET_OF(type, member_type, member)                                                       \
	(offsetof(type, member) +                                                                  \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), member_type) ? 1 : -1]))

struct db_rows;
typedef struct db_rows DbRows;

/* Runs a SELECT; rows are streamed unless buffered. One result may be open per connection. */
bool db_select(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
	       struct db_rows **ret, GError **error);

/* Fills the next row's struct: 1 a row, 0 the end, -1 an error. */
int db_next(struct db_rows *rows, void *ret_struct, GError **error);
void db_rows_free(struct db_rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(DbRows, db_rows_free)

/*
 * The one row of a SELECT. Errors: MISSING when there is none.
 */
bool db_select_one(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
		   void *ret_struct, GError **error);

/* Runs a statement; ret_changed and ret_id may be NULL. Errors: CONFLICT for a duplicate key. */
bool db_execute(struct db *db, const char *sql, struct db_args args, uint64_t *ret_changed, uint64_t *ret_id,
		GError **error);

/*
 * The same statement for many rows of arguments in one round trip (array binding): values has
 * rows * width entries, row by row; the kinds of a column may differ only by NULL.
 */
bool db_execute_many(struct db *db, const char *sql, const struct db_value *values, size_t rows, size_t width,
		     uint64_t *ret_changed, GError **error);

/*
 * A set of ids as one argument: a table "ids" of one column "id" that the server reads from the
 * text. The caller frees the text.
 *
 *	SQL("SELECT … FROM " DB_ID_SET " STRAIGHT_JOIN builds AS b ON b.id = ids.id")
 */
#define DB_ID_SET "JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT UNSIGNED PATH '$')) AS ids"
char *db_id_set(const uint64_t *ids, size_t count);

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
 * chose it as a victim (deadlock, lock wait, record changed). The function begins no transaction itself
 * and must be repeatable. Errors: as the function's.
 */
typedef bool db_work_fn(struct db *db, void *data, GError **error);
bool db_transact(struct db *db, db_work_fn *function, void *data, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#include "store/db.h"

#include <string.h>
#include <sys/socket.h>

#include "base/error.h"
#include "store/db_bound.h"
#include "store/db_error.h"
#include "store/db_internal.h"
#include "store/db_session.h"
#include "store/db_value.h"

/* Statements kept per connection; lists have one for each combination of filters. */
#define STATEMENTS_MAX 256
/* Room for a text column to start with; it grows with the longest value met. */
#define TEXT_ROOM 256

struct db {
	MYSQL *mysql;
	GHashTable *statements; /* text -> struct statement */
	struct db_rows *open;   /* the one result that is being read */
	uint64_t executed;
	struct db_patience patience;
	bool is_broken, is_in_work, is_unwritable;
	bool is_victim; /* since the transaction began */
};

/* Where a column of the result is read to, before it goes into the struct. */
struct slot {
	union {
		uint64_t u64;
		double real;
		MYSQL_TIME time;
	};
	char *text;
	unsigned long capacity;
	unsigned long length;
	my_bool is_null;
	my_bool is_cut;
};

struct statement {
	MYSQL_STMT *handle;
	size_t width; /* of the result */
	struct slot *slots;
	MYSQL_BIND *binds;
	bool has_error; /* prepare again next time */
};

struct db_rows {
	struct db *db;
	struct statement *statement; /* NULL: closed */
	struct db_columns columns;
};

static bool db_fail(struct db *db, RidaError kind, unsigned number, const char *text,
		    GError **error)
{
	db_error_count(number);
	db->is_broken = db->is_broken || db_error_breaks(number);
	db->is_victim = db->is_victim || db_error_is_victim(number);
	db->is_unwritable = db->is_unwritable || db_error_is_unwritable(number);
	return db_error_set(kind, number, text, error);
}

static bool connection_fail(struct db *db, GError **error)
{
	const unsigned number = mysql_errno(db->mysql);

	return db_fail(db, db_error_kind(number), number, mysql_error(db->mysql), error);
}

static bool statement_fail(struct db *db, struct statement *statement, GError **error)
{
	const unsigned number = mysql_stmt_errno(statement->handle);

	statement->has_error = true;
	return db_fail(db, db_error_kind(number), number, mysql_stmt_error(statement->handle),
		       error);
}

/* Statements without arguments or rows, in the text protocol. */
static bool db_query(struct db *db, const char *sql, GError **error)
{
	const int64_t began = db_patience_clock(&db->patience);
	const bool is_done = !mysql_real_query(db->mysql, sql, strlen(sql));

	db->executed++;
	db_patience_spend(&db->patience, began);
	return is_done || connection_fail(db, error);
}

/* Statements */

static void statement_free(void *data)
{
	struct statement *statement = data;

	for (size_t i = 0; i < statement->width; i++)
		g_free(statement->slots[i].text);
	g_free(statement->slots);
	g_free(statement->binds);
	if (statement->handle)
		mysql_stmt_close(statement->handle);
	g_free(statement);
}

static bool db_prepare(struct db *db, const char *sql, struct statement **ret, GError **error)
{
	struct statement *statement = g_hash_table_lookup(db->statements, sql);

	g_assert(!db->open);
	if (statement && !statement->has_error) {
		*ret = statement;
		return true;
	}
	if (g_hash_table_size(db->statements) >= STATEMENTS_MAX)
		g_hash_table_remove_all(db->statements);
	statement = g_new0(struct statement, 1);
	statement->handle = mysql_stmt_init(db->mysql);
	g_assert(statement->handle);
	if (mysql_stmt_prepare(statement->handle, sql, strlen(sql))) {
		statement_fail(db, statement, error);
		statement_free(statement);
		return false;
	}
	statement->width = mysql_stmt_field_count(statement->handle);
	statement->slots = g_new0(struct slot, statement->width);
	statement->binds = g_new0(MYSQL_BIND, statement->width);
	g_hash_table_replace(db->statements, g_strdup(sql), statement);
	*ret = statement;
	return true;
}

/* Execution */

/* Whoever still reads from the connection is not kept waiting, either. */
static bool fail_impatient(struct db *db, GError **error)
{
	shutdown(mysql_get_socket(db->mysql), SHUT_RDWR);
	return db_fail(db, RIDA_ERROR_UNAVAILABLE, DB_PATIENCE_OVER, "", error);
}

static bool db_run(struct db *db, const char *sql, struct db_matrix args, struct statement **ret,
		   GError **error)
{
	struct statement *statement;
	struct db_bound bound;
	unsigned array_size = args.rows > 1 ? (unsigned)args.rows : 0;
	int64_t began = db_patience_clock(&db->patience);
	bool is_prepared;
	int failed;

	if (db_patience_is_over(&db->patience))
		return fail_impatient(db, error);
	is_prepared = db_prepare(db, sql, &statement, error);
	db_patience_spend(&db->patience, began);
	if (!is_prepared)
		return false;
	if (db_patience_is_over(&db->patience))
		return fail_impatient(db, error);
	began = db_patience_clock(&db->patience);
	g_assert(mysql_stmt_param_count(statement->handle) == args.width);
	db_bound_init(&bound, &args);
	db->executed++;
	failed = mysql_stmt_attr_set(statement->handle, STMT_ATTR_ARRAY_SIZE, &array_size) ||
		 (args.width && mysql_stmt_bind_param(statement->handle, bound.binds)) ||
		 mysql_stmt_execute(statement->handle);
	db_bound_clear(&bound);
	db_patience_spend(&db->patience, began);
	if (failed)
		return statement_fail(db, statement, error);
	*ret = statement;
	return true;
}

/* Rows */

static void slot_bind(struct slot *slot, MYSQL_BIND *bind, enum db_into into)
{
	memset(bind, 0, sizeof(*bind));
	bind->length = &slot->length;
	bind->is_null = &slot->is_null;
	bind->error = &slot->is_cut;
	bind->buffer = &slot->u64;
	bind->buffer_type = MYSQL_TYPE_LONGLONG;
	bind->is_unsigned = into == DB_INTO_U64 || into == DB_INTO_U32;
	if (into == DB_INTO_DOUBLE)
		bind->buffer_type = MYSQL_TYPE_DOUBLE;
	if (into == DB_INTO_TIME) {
		bind->buffer_type = MYSQL_TYPE_DATETIME;
		bind->buffer = &slot->time;
	}
	if (into != DB_INTO_TEXT)
		return;
	if (!slot->text) {
		slot->capacity = TEXT_ROOM;
		slot->text = g_malloc(slot->capacity);
	}
	bind->buffer_type = MYSQL_TYPE_STRING;
	bind->buffer = slot->text;
	bind->buffer_length = slot->capacity;
}

/* The table of columns and the SELECT list are one promise. */
static bool rows_bind(struct db_rows *rows, GError **error)
{
	struct statement *statement = rows->statement;

	g_assert(rows->columns.count == statement->width);
	for (size_t i = 0; i < statement->width; i++)
		slot_bind(&statement->slots[i], &statement->binds[i],
			  rows->columns.columns[i].into);
	if (mysql_stmt_bind_result(statement->handle, statement->binds))
		return statement_fail(rows->db, statement, error);
	return true;
}

/* Fetches again what did not fit, and gives the next rows that much room. */
static bool rows_widen(struct db_rows *rows, GError **error)
{
	struct statement *statement = rows->statement;

	for (size_t i = 0; i < statement->width; i++) {
		struct slot *slot = &statement->slots[i];

		if (rows->columns.columns[i].into != DB_INTO_TEXT || slot->is_null ||
		    slot->length <= slot->capacity)
			continue;
		slot->capacity = slot->length + slot->length / 2;
		slot->text = g_realloc(slot->text, slot->capacity);
		slot_bind(slot, &statement->binds[i], DB_INTO_TEXT);
		if (mysql_stmt_fetch_column(statement->handle, &statement->binds[i], (unsigned)i,
					    0))
			return statement_fail(rows->db, statement, error);
	}
	return rows_bind(rows, error);
}

static void slot_store(const struct slot *slot, const struct db_column *column, void *ret_struct)
{
	const struct db_cell cell = {
		.is_null = slot->is_null,
		.number = slot->u64,
		.real = slot->real,
		.text = slot->text,
		.length = slot->length,
		.time = {
			.year = slot->time.year,
			.month = slot->time.month,
			.day = slot->time.day,
			.hour = slot->time.hour,
			.minute = slot->time.minute,
			.second = slot->time.second,
			.microsecond = (unsigned)slot->time.second_part,
		},
	};

	db_cell_store(&cell, column, ret_struct);
}

static void rows_close(struct db_rows *rows)
{
	if (!rows->statement)
		return;
	mysql_stmt_free_result(rows->statement->handle);
	rows->statement = NULL;
	rows->db->open = NULL;
}

bool db_select(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
	       struct db_rows **ret, GError **error)
{
	g_autoptr(DbRows) rows = g_new0(struct db_rows, 1);

	rows->db = db;
	rows->columns = columns;
	if (!db_run(db, sql, (struct db_matrix){ args.values, 1, args.count }, &rows->statement,
		    error))
		return false;
	db->open = rows;
	if (!rows_bind(rows, error))
		return false;
	*ret = g_steal_pointer(&rows);
	return true;
}

/* 0: a row is in the slots; -1: an error; others: there are no more. */
static int rows_fetch(struct db_rows *rows, GError **error)
{
	struct db *db = rows->db;
	const int64_t began = db_patience_clock(&db->patience);
	int fetched;

	if (db_patience_is_over(&db->patience))
		return fail_impatient(db, error) ? 0 : -1;
	fetched = mysql_stmt_fetch(rows->statement->handle);
	db_patience_spend(&db->patience, began);
	if (fetched == MYSQL_DATA_TRUNCATED)
		return rows_widen(rows, error) ? 0 : -1;
	if (fetched && fetched != MYSQL_NO_DATA)
		return statement_fail(db, rows->statement, error) ? 0 : -1;
	return fetched;
}

int db_next(struct db_rows *rows, void *ret_struct, GError **error)
{
	int fetched;

	if (!rows->statement)
		return 0;
	fetched = rows_fetch(rows, error);
	if (fetched) {
		rows_close(rows);
		return fetched < 0 ? -1 : 0;
	}
	for (size_t i = 0; i < rows->columns.count; i++)
		slot_store(&rows->statement->slots[i], &rows->columns.columns[i], ret_struct);
	return 1;
}

void db_rows_free(struct db_rows *rows)
{
	if (!rows)
		return;
	rows_close(rows);
	g_free(rows);
}

bool db_select_one(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
		   void *ret_struct, GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	int got;

	if (!db_select(db, sql, args, columns, &rows, error))
		return false;
	got = db_next(rows, ret_struct, error);
	if (!got)
		return fail(error, RIDA_ERROR_MISSING, "it does not exist");
	return got > 0;
}

bool db_execute_many(struct db *db, const char *sql, struct db_matrix rows, uint64_t *ret_changed,
		     GError **error)
{
	struct statement *statement;

	if (ret_changed)
		*ret_changed = 0;
	if (!rows.rows)
		return true;
	if (!db_run(db, sql, rows, &statement, error))
		return false;
	if (ret_changed)
		*ret_changed = mysql_stmt_affected_rows(statement->handle);
	return true;
}

bool db_execute(struct db *db, const char *sql, struct db_args args, uint64_t *ret_changed,
		uint64_t *ret_id, GError **error)
{
	struct statement *statement;

	if (!db_run(db, sql, (struct db_matrix){ args.values, 1, args.count }, &statement, error))
		return false;
	if (ret_changed)
		*ret_changed = mysql_stmt_affected_rows(statement->handle);
	if (ret_id)
		*ret_id = mysql_stmt_insert_id(statement->handle);
	return true;
}

bool db_execute_text(struct db *db, const char *sql, GError **error)
{
	g_assert(!db->open);
	return db_query(db, sql, error);
}

/* Connections */

static void db_set_options(MYSQL *mysql, const struct db_options *options)
{
	const my_bool no = 0, yes = 1;
	const unsigned off = 0;
	const unsigned timeout = options->timeout;
	const bool has_socket = options->socket && *options->socket;
	const unsigned protocol = has_socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;

	mysql_options(mysql, MYSQL_OPT_RECONNECT, &no);
	mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &off);
	mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &options->connect_timeout);
	mysql_options(mysql, MYSQL_OPT_READ_TIMEOUT, &timeout);
	mysql_options(mysql, MYSQL_OPT_WRITE_TIMEOUT, &timeout);
	mysql_options(mysql, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
#if MARIADB_PACKAGE_VERSION_ID >= 30300
	/* A false server may ask for the password in clear: only proofs of knowing it are given. */
	mysql_options(mysql, MARIADB_OPT_RESTRICTED_AUTH, "mysql_native_password,client_ed25519");
#endif
	if (!options->tls_ca_file || !*options->tls_ca_file || has_socket)
		return;
	mysql_options(mysql, MYSQL_OPT_SSL_CA, options->tls_ca_file);
	mysql_options(mysql, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_options(mysql, MARIADB_OPT_TLS_VERSION, "TLSv1.2,TLSv1.3");
	mysql_options(mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

static bool db_set_session(struct db *db, const struct db_options *options, GError **error)
{
	g_autofree char *settings = db_session_settings(options->statement_timeout);

	if (db_patience_is_over(&db->patience))
		return fail_impatient(db, error);
	return db_query(db, settings, error) &&
	       db_query(db, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", error);
}

struct db *db_open(const struct db_options *options, GError **error)
{
	g_autoptr(Db) db = g_new0(struct db, 1);
	const bool has_socket = options->socket && *options->socket;
	int64_t began;

	db->statements = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, statement_free);
	db->patience.limit = options->patience * G_USEC_PER_SEC;
	db->mysql = mysql_init(NULL);
	g_assert(db->mysql);
	db_set_options(db->mysql, options);
	began = db_patience_clock(&db->patience);
	if (!mysql_real_connect(db->mysql, has_socket ? NULL : options->host, options->user,
				options->password, options->name, has_socket ? 0 : options->port,
				has_socket ? options->socket : NULL, 0)) {
		connection_fail(db, error);
		return NULL;
	}
	db_patience_spend(&db->patience, began);
	if (!db_set_session(db, options, error))
		return NULL;
	db->executed = 0;
	return g_steal_pointer(&db);
}

void db_close(struct db *db)
{
	if (!db)
		return;
	if (db->open)
		rows_close(db->open);
	g_hash_table_unref(db->statements);
	mysql_close(db->mysql);
	g_free(db);
}

bool db_is_broken(const struct db *db)
{
	return db->is_broken;
}

bool db_is_unwritable(const struct db *db)
{
	return db->is_unwritable;
}

bool db_is_victim(const struct db *db)
{
	return db->is_victim;
}

void db_begin_request(struct db *db)
{
	db->patience.spent = 0;
}

uint64_t db_statements(const struct db *db)
{
	return db->executed;
}

/* Transactions */

bool db_begin(struct db *db, struct db_work *work, GError **error)
{
	g_assert(!work->db && !db->open && !db->is_in_work);
	db->is_victim = false;
	if (!db_query(db, "START TRANSACTION", error))
		return false;
	work->db = db;
	db->is_in_work = true;
	return true;
}

bool db_commit(struct db_work *work, GError **error)
{
	struct db *db = work->db;
	unsigned number;

	g_assert(!db->open);
	work->db = NULL;
	db->is_in_work = false;
	db->executed++;
	if (!mysql_real_query(db->mysql, "COMMIT", strlen("COMMIT")))
		return true;
	number = mysql_errno(db->mysql);
	return db_fail(db, db_error_kind_at_commit(number), number, mysql_error(db->mysql), error);
}

void db_work_clear(struct db_work *work)
{
	struct db *db = work->db;

	if (!db)
		return;
	work->db = NULL;
	db->is_in_work = false;
	if (db->open)
		rows_close(db->open);
	/* A connection that cannot roll back is closed by its owner, which rolls back as well. */
	if (!db->is_broken && !db_query(db, "ROLLBACK", NULL))
		db->is_broken = true;
}

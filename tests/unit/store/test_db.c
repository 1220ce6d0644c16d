/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/meter.h"
#include "store/db_error.h"
#include "store/db_internal.h"

struct row {
	uint64_t u64;
	uint32_t u32;
	int64_t i64;
	int number;
	bool flag;
	double real;
	char *text;
	int64_t time;
};

static const struct db_column columns[] = {
	{ "u64", DB_INTO_U64, OFFSET_OF(struct row, uint64_t, u64) },
	{ "u32", DB_INTO_U32, OFFSET_OF(struct row, uint32_t, u32) },
	{ "i64", DB_INTO_I64, OFFSET_OF(struct row, int64_t, i64) },
	{ "number", DB_INTO_INT, OFFSET_OF(struct row, int, number) },
	{ "flag", DB_INTO_BOOL, OFFSET_OF(struct row, bool, flag) },
	{ "real", DB_INTO_DOUBLE, OFFSET_OF(struct row, double, real) },
	{ "text", DB_INTO_TEXT, OFFSET_OF(struct row, char *, text) },
	{ "time", DB_INTO_TIME, OFFSET_OF(struct row, int64_t, time) },
};

static const char insert_sql[] =
	SQL("INSERT INTO things (u64, u32, i64, number, flag, `real`, text, "
	    "time) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
static const char select_sql[] =
	SQL("SELECT u64, u32, i64, number, flag, `real`, text, time FROM things "
	    "ORDER BY id");

static int set_up(void **state)
{
	fixture_set_up(state);
	fixture_run(*state,
		    "CREATE TABLE things (id INT AUTO_INCREMENT PRIMARY KEY, u64 BIGINT UNSIGNED, "
		    "u32 INT UNSIGNED, i64 BIGINT, number TINYINT, flag BOOLEAN, `real` DOUBLE, "
		    "text MEDIUMTEXT, time DATETIME(6)) CHARSET utf8mb4 COLLATE utf8mb4_nopad_bin");
	fixture_run(*state, "CREATE TABLE pairs (id INT PRIMARY KEY, value INT NOT NULL)");
	fixture_run(*state, "INSERT INTO pairs VALUES (1, 0), (2, 0)");
	return 0;
}

static void values_come_back_as_they_went_in(void **state)
{
	struct db *db = *state;
	g_autofree char *large = g_strnfill(100000, 'x');
	const int64_t time = G_GINT64_CONSTANT(1709251199123456); /* 2024-02-29T23:59:59.123456Z */
	struct row row = { 0 };
	g_autoptr(DbRows) rows = NULL;
	GError *error = NULL;

	assert_good(db_execute(db, insert_sql,
			       DB_ARGS(DB_U64(UINT64_MAX), DB_U64(UINT32_MAX), DB_I64(INT64_MIN),
				       DB_I64(-3), DB_U64(1), DB_DOUBLE(1.5),
				       DB_TEXT("žluť \xf0\x9f\x98\x80 '\"\\"), DB_TIME(time)),
			       NULL, NULL, &error));
	assert_good(db_execute(db, insert_sql,
			       DB_ARGS(DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_NULL, DB_NULL,
				       DB_TEXT(NULL), DB_TIME(0)),
			       NULL, NULL, &error));
	assert_good(db_execute(db, insert_sql,
			       DB_ARGS(DB_U64(1), DB_U64(1), DB_I64(1), DB_I64(1), DB_U64(0),
				       DB_DOUBLE(0), DB_TEXT(large), DB_TIME(1)),
			       NULL, NULL, &error));
	assert_good(db_select(db, select_sql, DB_NO_ARGS, DB_COLUMNS(columns), &rows, &error));
	assert_int_equal(db_next(rows, &row, &error), 1);
	assert_true(row.u64 == UINT64_MAX && row.u32 == UINT32_MAX && row.i64 == INT64_MIN);
	assert_true(row.number == -3 && row.flag && row.real > 1.4 && row.real < 1.6);
	assert_string_equal(row.text, "žluť \xf0\x9f\x98\x80 '\"\\");
	assert_true(row.time == time);
	assert_int_equal(db_next(rows, &row, &error), 1);
	assert_true(row.u64 == 0 && row.number == -1 && !row.flag && row.time == 0);
	assert_null(row.text);
	assert_int_equal(db_next(rows, &row, &error), 1);
	assert_string_equal(row.text, large);
	assert_true(row.time == 1);
	assert_int_equal(db_next(rows, &row, &error), 0);
	assert_int_equal(db_next(rows, &row, &error), 0);
	g_free(row.text);
}

static void many_rows_go_in_one_statement(void **state)
{
	enum { ROWS = 500, WIDTH = 8 };
	struct db *db = *state;
	g_autofree struct db_value *values = g_new0(struct db_value, ROWS * WIDTH);
	g_autofree char *large = g_strnfill(5000, 'y');
	uint64_t before = db_statements(db);
	uint64_t changed;
	GError *error = NULL;

	fixture_run(db, "DELETE FROM things");
	for (size_t i = 0; i < ROWS; i++) {
		struct db_value *row = values + i * WIDTH;

		row[0] = DB_U64(i);
		row[1] = i % 2 ? DB_NULL : DB_U64(i);
		row[2] = DB_I64(-(int64_t)i);
		row[3] = DB_NULL;
		row[4] = DB_U64(i % 2);
		row[5] = DB_DOUBLE((double)i / 2);
		row[6] = i % 3 ? DB_TEXT(i % 5 ? "short" : large) : DB_NULL;
		row[7] = i % 7 ? DB_TIME((int64_t)i * G_USEC_PER_SEC) : DB_NULL;
	}
	assert_good(db_execute_many(db, insert_sql, (struct db_matrix){ values, ROWS, WIDTH },
				    &changed, &error));
	assert_int_equal(changed, ROWS);
	assert_int_equal(db_statements(db), before + 2);
	assert_int_equal(fixture_number(db, "SELECT SUM(u64) FROM things"), ROWS * (ROWS - 1) / 2);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM things WHERE u32 IS NULL"),
			 ROWS / 2);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM things WHERE text IS NULL"), 167);
	assert_int_equal(fixture_number(db, "SELECT SUM(LENGTH(text) = 5000) FROM things"), 66);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM things WHERE number IS NOT NULL"),
			 0);
	assert_int_equal(
		fixture_number(db, "SELECT COUNT(*) FROM things WHERE i64 = -CAST(u64 AS SIGNED) "
				   "AND `real` = u64 / 2"),
		ROWS);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM things WHERE time = "
					    "'1970-01-01' + INTERVAL u64 SECOND"),
			 ROWS - 72);
	assert_good(db_execute_many(db, insert_sql, (struct db_matrix){ values, 0, WIDTH },
				    &changed, &error));
	assert_int_equal(changed, 0);
}

static void leaving_a_scope_rolls_back(void **state)
{
	struct db *db = *state;
	GError *error = NULL;

	{
		g_auto(DbWork) work = { NULL };

		assert_good(db_begin(db, &work, &error));
		fixture_run(db, "UPDATE pairs SET value = 99");
	}
	assert_int_equal(fixture_number(db, "SELECT SUM(value) FROM pairs"), 0);
}

static void a_session_is_strict_utc_and_short_of_patience(void **state)
{
	static const char *const facts[] = {
		"SELECT @@time_zone = '+00:00'",
		"SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'",
		"SELECT @@tx_isolation = 'READ-COMMITTED'",
		"SELECT @@innodb_lock_wait_timeout = 5",
		"SELECT @@idle_transaction_timeout = 15",
		"SELECT @@max_statement_time = 20",
		"SELECT @@collation_connection = 'utf8mb4_nopad_bin'",
		"SELECT 'abc' <> 'ABC'",
		"SELECT 'abc' <> 'abc '",
	};
	struct db *db = *state;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(facts); i++) {
		if (!fixture_number(db, facts[i]))
			print_error("%s\n", facts[i]);
		assert_int_equal(fixture_number(db, facts[i]), 1);
	}
	assert_fails(db_execute_text(db, "SELECT 1; SELECT 2", &error), RIDA_ERROR_INTERNAL);
	assert_fails(db_execute_text(
			     db, "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE things (text)",
			     &error),
		     RIDA_ERROR_INTERNAL);
}

/* Rows of 20 kB, each of which takes 0.2 s. */
static const char slow_rows[] =
	SQL("WITH RECURSIVE rows_ AS (SELECT 1 AS number UNION ALL SELECT number + 1 FROM rows_ "
	    "WHERE number < 40) SELECT number + SLEEP(0.2) AS u64, REPEAT('x', 20000) AS text "
	    "FROM rows_");

/* How many come; wants_all: as where each is answered with at once. */
static unsigned read_slow_rows(bool wants_all, GError **error)
{
	static const struct db_column slow_columns[] = {
		{ "u64", DB_INTO_U64, OFFSET_OF(struct row, uint64_t, u64) },
		{ "text", DB_INTO_TEXT, OFFSET_OF(struct row, char *, text) },
	};
	const struct db_options options = {
		.socket = g_getenv("RIDA_TEST_SOCKET"),
		.user = "root",
		.password = "",
		.connect_timeout = 5,
		.timeout = 5,
		.statement_timeout = 20000,
		.patience = 1,
	};
	g_autoptr(Db) db = db_open(&options, error);
	g_autoptr(DbRows) rows = NULL;
	struct row row = { 0 };
	unsigned count = 0;

	assert_non_null(db);
	assert_true(db_select(db, slow_rows, DB_NO_ARGS, DB_COLUMNS(slow_columns), &rows, error));
	while (count < 12 && db_next(rows, &row, error) > 0) {
		count++;
		if (wants_all)
			db_begin_request(db);
	}
	g_free(row.text);
	return count;
}

static void rows_that_take_too_long_together_are_not_waited_for(void **state)
{
	const int64_t began = g_get_monotonic_time();
	GError *error = NULL;

	(void)state;
	assert_in_range(read_slow_rows(false, &error), 1, 6);
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	g_clear_error(&error);
	assert_in_range(g_get_monotonic_time() - began, 0, 4 * G_USEC_PER_SEC);
	assert_int_equal(read_slow_rows(true, &error), 12);
}

static void errors_are_of_the_kind_the_caller_acts_on(void **state)
{
	static const struct {
		unsigned number;
		RidaError kind, at_commit;
		bool breaks, is_victim;
	} numbers[] = {
		{ 1062, RIDA_ERROR_CONFLICT, RIDA_ERROR_CONFLICT, false, false },
		{ 1452, RIDA_ERROR_MISSING, RIDA_ERROR_MISSING, false, false },
		{ 1045, RIDA_ERROR_FORBIDDEN, RIDA_ERROR_FORBIDDEN, false, false },
		{ 1142, RIDA_ERROR_FORBIDDEN, RIDA_ERROR_FORBIDDEN, false, false },
		{ 1213, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, true },
		{ 1205, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, true },
		{ 1020, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, true },
		{ 1040, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1026, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1030, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1037, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1038, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1041, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1135, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1203, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1226, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1290, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1792, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1047, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1021, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 1114, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNAVAILABLE, false, false },
		{ 0, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ 2002, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ 2003, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ 2006, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ 2013, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ DB_PATIENCE_OVER, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true,
		  false },
		{ 1180, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, false, false },
		{ 1053, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ 1927, RIDA_ERROR_UNAVAILABLE, RIDA_ERROR_UNKNOWN_OUTCOME, true, false },
		{ 1064, RIDA_ERROR_INTERNAL, RIDA_ERROR_INTERNAL, false, false },
		{ 1644, RIDA_ERROR_INTERNAL, RIDA_ERROR_INTERNAL, false, false },
		{ 4025, RIDA_ERROR_INTERNAL, RIDA_ERROR_INTERNAL, false, false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		assert_int_equal(db_error_kind(numbers[i].number), numbers[i].kind);
		assert_int_equal(db_error_kind_at_commit(numbers[i].number), numbers[i].at_commit);
		assert_int_equal(db_error_breaks(numbers[i].number), numbers[i].breaks);
		assert_int_equal(db_error_is_victim(numbers[i].number), numbers[i].is_victim);
	}
}

static void a_node_that_takes_no_changes_is_known(void **state)
{
	static const struct {
		unsigned number;
		bool is_unwritable;
	} numbers[] = {
		{ 1290, true }, { 1792, true },  { 1836, true },  { 1047, true },
		{ 1053, true }, { 2006, false }, { 1213, false }, { 1040, false },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autoptr(GError) problem = NULL;
		const bool is_told =
			!db_error_set(RIDA_ERROR_UNAVAILABLE, numbers[i].number, "no", &problem) &&
			g_str_has_prefix(problem->message, "this database node cannot be written");

		assert_int_equal(db_error_is_unwritable(numbers[i].number),
				 numbers[i].is_unwritable);
		assert_int_equal(is_told, numbers[i].is_unwritable);
	}
}

static void errors_count_by_their_kind(void **state)
{
	static const struct {
		unsigned number;
		const char *kind; /* NULL: no error */
	} numbers[] = {
		{ 2002, "unreachable" }, { 2026, "unreachable" }, { 1040, "crowded" },
		{ 1203, "crowded" },     { 1213, "victim" },      { 1205, "victim" },
		{ 1969, "slow" },        { 1290, "read_only" },   { 1047, "read_only" },
		{ 1021, "full" },        { 1045, "denied" },      { 2013, "lost" },
		{ 1053, "lost" },        { 1064, "other" },       { 1062, NULL },
	};
	g_autofree char *folder = g_dir_make_tmp("rida-unit.XXXXXX", NULL);

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree char *kind = g_strdup_printf("%u", numbers[i].number);
		g_autofree char *line = g_strdup_printf("errors_total{kind=\"%s\"} 1\n",
							numbers[i].kind ? numbers[i].kind : "");
		g_autoptr(GString) told = g_string_new(NULL);
		g_autoptr(MeterSums) sums = NULL;
		g_autofree char *file = NULL;
		GDir *dir;

		assert_true(meter_open(folder, kind, NULL));
		db_error_count(numbers[i].number);
		meter_close();
		sums = meter_sums_read(folder);
		meter_sums_print(sums, told);
		assert_int_equal(strstr(told->str, line) != NULL, numbers[i].kind != NULL);
		assert_int_equal(strstr(told->str, "\"} 1\n") != NULL, numbers[i].kind != NULL);
		dir = g_dir_open(folder, 0, NULL);
		file = g_build_filename(folder, g_dir_read_name(dir), NULL);
		g_dir_close(dir);
		assert_int_equal(g_remove(file), 0);
	}
	assert_int_equal(g_rmdir(folder), 0);
}

static void kill_connection(struct db *victim)
{
	struct db *killer = fixture_open();
	g_autofree char *sql = g_strdup_printf("KILL CONNECTION %" G_GUINT64_FORMAT,
					       fixture_number(victim, "SELECT CONNECTION_ID()"));

	fixture_run(killer, sql);
	db_close(killer);
}

static void a_connection_lost_while_committing_leaves_the_outcome_unknown(void **state)
{
	struct db *db = fixture_open();
	struct db_work work = { NULL };
	GError *error = NULL;

	(void)state;
	assert_good(db_begin(db, &work, &error));
	fixture_run(db, "UPDATE pairs SET value = 77");
	kill_connection(db);
	assert_fails(db_commit(&work, &error), RIDA_ERROR_UNKNOWN_OUTCOME);
	assert_true(db_is_broken(db));
	db_close(db);
	assert_int_equal(fixture_number(*state, "SELECT SUM(value) FROM pairs"), 0);
}

static void a_connection_lost_elsewhere_is_unavailable(void **state)
{
	struct db *db = fixture_open();
	GError *error = NULL;

	(void)state;
	kill_connection(db);
	assert_fails(db_execute(db, SQL("DELETE FROM things"), DB_NO_ARGS, NULL, NULL, &error),
		     RIDA_ERROR_UNAVAILABLE);
	assert_true(db_is_broken(db));
	db_close(db);
}

/* Two transactions that take the same two rows in opposite order, each holding one at first. */
struct crossing {
	int first, second;
	gint *met;
	unsigned tries;
};

static bool cross(struct db *db, void *data, GError **error)
{
	struct crossing *crossing = data;
	static const char sql[] = SQL("UPDATE pairs SET value = value + 1 WHERE id = ?");

	if (!db_execute(db, sql, DB_ARGS(DB_I64(crossing->first)), NULL, NULL, error))
		return false;
	if (!crossing->tries++) {
		g_atomic_int_inc(crossing->met);
		while (g_atomic_int_get(crossing->met) < 2)
			g_usleep(1000);
	}
	return db_execute(db, sql, DB_ARGS(DB_I64(crossing->second)), NULL, NULL, error);
}

static gpointer cross_in_thread(gpointer data)
{
	struct db *db = fixture_open();
	GError *error = NULL;

	assert_good(db_transact(db, cross, data, &error));
	db_close(db);
	return NULL;
}

static void a_deadlock_is_tried_again(void **state)
{
	gint met = 0;
	struct crossing one = { 1, 2, &met, 0 };
	struct crossing two = { 2, 1, &met, 0 };
	GThread *thread = g_thread_new("other", cross_in_thread, &two);

	cross_in_thread(&one);
	g_thread_join(thread);
	assert_int_equal(one.tries + two.tries, 3);
	assert_int_equal(fixture_number(*state, "SELECT SUM(value) FROM pairs"), 4);
}

static bool always_conflict(struct db *db, void *data, GError **error)
{
	unsigned *tries = data;

	(void)db;
	(*tries)++;
	return fail(error, RIDA_ERROR_CONFLICT, "no");
}

static void other_errors_are_not_tried_again(void **state)
{
	unsigned tries = 0;
	GError *error = NULL;

	assert_fails(db_transact(*state, always_conflict, &tries, &error), RIDA_ERROR_CONFLICT);
	assert_int_equal(tries, 1);
}

static void a_wrong_account_and_an_absent_server_are_told_apart(void **state)
{
	struct db_options options = {
		.socket = g_getenv("RIDA_TEST_SOCKET"),
		.user = "nobody-of-ours",
		.password = "wrong",
		.connect_timeout = 2,
		.timeout = 2,
	};
	GError *error = NULL;

	(void)state;
	assert_fails(db_open(&options, &error) != NULL, RIDA_ERROR_FORBIDDEN);
	options.socket = "/nonexistent/socket";
	assert_fails(db_open(&options, &error) != NULL, RIDA_ERROR_UNAVAILABLE);
	options.socket = "";
	options.host = "127.0.0.1";
	options.port = 1;
	assert_fails(db_open(&options, &error) != NULL, RIDA_ERROR_UNAVAILABLE);
}

static void a_server_that_hangs_is_given_up_in_time(void **state)
{
	const struct db_options options = {
		.socket = g_getenv("RIDA_TEST_SOCKET"),
		.user = "root",
		.password = "",
		.connect_timeout = 1,
		.timeout = 1,
	};
	const pid_t server = (pid_t)atoll(g_getenv("MARIADB_PID"));
	const int64_t start = g_get_monotonic_time();
	struct db *db;
	GError *error = NULL;

	(void)state;
	assert_int_equal(kill(server, SIGSTOP), 0);
	db = db_open(&options, &error);
	kill(server, SIGCONT);
	assert_fails(db != NULL, RIDA_ERROR_UNAVAILABLE);
	assert_in_range(g_get_monotonic_time() - start, 900000, 2500000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_as_they_went_in),
		cmocka_unit_test(many_rows_go_in_one_statement),
		cmocka_unit_test(leaving_a_scope_rolls_back),
		cmocka_unit_test(a_session_is_strict_utc_and_short_of_patience),
		cmocka_unit_test(rows_that_take_too_long_together_are_not_waited_for),
		cmocka_unit_test(errors_are_of_the_kind_the_caller_acts_on),
		cmocka_unit_test(a_node_that_takes_no_changes_is_known),
		cmocka_unit_test(errors_count_by_their_kind),
		cmocka_unit_test(a_connection_lost_while_committing_leaves_the_outcome_unknown),
		cmocka_unit_test(a_connection_lost_elsewhere_is_unavailable),
		cmocka_unit_test(a_deadlock_is_tried_again),
		cmocka_unit_test(other_errors_are_not_tried_again),
		cmocka_unit_test(a_wrong_account_and_an_absent_server_are_told_apart),
		cmocka_unit_test(a_server_that_hangs_is_given_up_in_time),
	};

	g_set_prgname("db");
	return cmocka_run_group_tests_name("db", tests, set_up, fixture_tear_down);
}

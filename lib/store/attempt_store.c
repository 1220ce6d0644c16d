/* SPDX-License-Identifier: MIT */
#include "model/build.h"
#include "store/db_internal.h"
#include "store/effect_store.h"

static const char insert_sql[] = SQL(
	"INSERT INTO attempts (build_id, component_id, attempt, epoch, idem_key, task_id, state, "
	"state_reason, nvr, started_at) VALUES (?, ?, ?, ?, ?, ?, ?, COALESCE(?, ''), ?, "
	"UTC_TIMESTAMP(6))");

static const char save_sql[] = SQL(
	"UPDATE attempts SET task_id = ?, state = ?, state_reason = COALESCE(?, ''), nvr = ?, "
	"finished_at = CASE WHEN ? THEN COALESCE(finished_at, UTC_TIMESTAMP(6)) END WHERE id = ?");

static const char ids_sql[] =
	SQL("SELECT a.id, a.idem_key FROM " DB_ID_SET " STRAIGHT_JOIN attempts AS a "
	    "ON a.build_id = ids.id AND a.finished_at IS NULL");

#define ATTEMPT_SELECT                                                                                  \
	"SELECT a.id, a.build_id, a.component_id, a.attempt, a.epoch, a.idem_key, a.task_id, a.state, " \
	"a.state_reason, a.nvr, a.started_at, a.finished_at FROM "

static const char open_sql[] =
	SQL(ATTEMPT_SELECT DB_ID_SET " STRAIGHT_JOIN attempts AS a ON a.build_id = ids.id "
				     "WHERE a.finished_at IS NULL ORDER BY a.id");

static const char select_sql[] =
	SQL(ATTEMPT_SELECT "attempts AS a WHERE a.build_id = ? ORDER BY a.component_id, a.attempt");

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct attempt, uint64_t, id) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct attempt, uint64_t, build_id) },
	{ "component_id", DB_INTO_U64, OFFSET_OF(struct attempt, uint64_t, component_id) },
	{ "attempt", DB_INTO_U32, OFFSET_OF(struct attempt, uint32_t, attempt) },
	{ "epoch", DB_INTO_U32, OFFSET_OF(struct attempt, uint32_t, epoch) },
	{ "idem_key", DB_INTO_TEXT, OFFSET_OF(struct attempt, char *, idem_key) },
	{ "task_id", DB_INTO_U64, OFFSET_OF(struct attempt, uint64_t, task_id) },
	{ "state", DB_INTO_INT, OFFSET_OF(struct attempt, int, state) },
	{ "state_reason", DB_INTO_TEXT, OFFSET_OF(struct attempt, char *, state_reason) },
	{ "nvr", DB_INTO_TEXT, OFFSET_OF(struct attempt, char *, nvr) },
	{ "started_at", DB_INTO_TIME, OFFSET_OF(struct attempt, int64_t, started_at) },
	{ "finished_at", DB_INTO_TIME, OFFSET_OF(struct attempt, int64_t, finished_at) },
};

static const struct db_column id_columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct attempt, uint64_t, id) },
	{ "idem_key", DB_INTO_TEXT, OFFSET_OF(struct attempt, char *, idem_key) },
};

void attempt_clear(struct attempt *attempt)
{
	g_free(attempt->idem_key);
	g_free(attempt->state_reason);
	g_free(attempt->nvr);
	*attempt = (struct attempt){ 0 };
}

void attempt_free(struct attempt *attempt)
{
	if (!attempt)
		return;
	attempt_clear(attempt);
	g_free(attempt);
}

static void attempt_destroy(void *data)
{
	attempt_free(data);
}

static struct db_value state_value(int state)
{
	return state < 0 ? DB_NULL : DB_I64(state);
}

static bool insert_rows(struct db *db, const GPtrArray *attempts, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));

	for (guint i = 0; i < attempts->len; i++) {
		const struct attempt *attempt = g_ptr_array_index(attempts, i);
		const struct db_value row[] = {
			DB_U64(attempt->build_id),   DB_U64(attempt->component_id),
			DB_U64(attempt->attempt),    DB_U64(attempt->epoch),
			DB_TEXT(attempt->idem_key),  DB_U64(attempt->task_id),
			state_value(attempt->state), DB_TEXT(attempt->state_reason),
			DB_TEXT(attempt->nvr),
		};

		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	return db_execute_many(db, insert_sql, db_matrix_of(values, attempts->len), NULL, error);
}

/* The ids that the rows got, found by their keys. */
static bool read_ids(struct db *db, GPtrArray *attempts, GError **error)
{
	g_autoptr(GHashTable) by_key = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) builds = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autofree char *set = NULL;
	g_autoptr(DbRows) rows = NULL;
	struct attempt row = { 0 };
	uint64_t last = 0;
	int got;

	for (guint i = 0; i < attempts->len; i++) {
		struct attempt *attempt = g_ptr_array_index(attempts, i);

		if (attempt->build_id != last)
			g_array_append_val(builds, attempt->build_id);
		last = attempt->build_id;
		g_hash_table_insert(by_key, attempt->idem_key, attempt);
	}
	set = db_id_set((const uint64_t *)(void *)builds->data, builds->len);
	if (!db_select(db, ids_sql, DB_ARGS(DB_TEXT(set)), DB_COLUMNS(id_columns), &rows, error))
		return false;
	while ((got = db_next(rows, &row, error)) > 0) {
		struct attempt *attempt = g_hash_table_lookup(by_key, row.idem_key);

		if (attempt)
			attempt->id = row.id;
	}
	attempt_clear(&row);
	return got == 0;
}

bool attempt_store_insert_many(struct db *db, GPtrArray *attempts, GError **error)
{
	return !attempts->len ||
	       (insert_rows(db, attempts, error) && read_ids(db, attempts, error));
}

bool attempt_store_save_many(struct db *db, const GPtrArray *attempts, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));

	for (guint i = 0; i < attempts->len; i++) {
		const struct attempt *attempt = g_ptr_array_index(attempts, i);
		const struct db_value row[] = {
			DB_U64(attempt->task_id),
			state_value(attempt->state),
			DB_TEXT(attempt->state_reason),
			DB_TEXT(attempt->nvr),
			DB_U64(attempt->state > COMPONENT_BUILDING),
			DB_U64(attempt->id),
		};

		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	return db_execute_many(db, save_sql, db_matrix_of(values, attempts->len), NULL, error);
}

bool attempt_store_open(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct attempt),
					attempt_destroy };
	g_autofree char *set = db_id_set(build_ids, count);

	return db_collect(db, open_sql, DB_ARGS(DB_TEXT(set)), &shape, ret, error);
}

bool attempt_store_select(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error)
{
	return db_select(db, select_sql, DB_ARGS(DB_U64(build_id)), DB_COLUMNS(columns), ret,
			 error);
}

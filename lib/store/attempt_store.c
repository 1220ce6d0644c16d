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

bool attempt_store_insert(struct db *db, struct attempt *attempt, GError **error)
{
	return db_execute(db, insert_sql,
			  DB_ARGS(DB_U64(attempt->build_id), DB_U64(attempt->component_id),
				  DB_U64(attempt->attempt), DB_U64(attempt->epoch),
				  DB_TEXT(attempt->idem_key), DB_U64(attempt->task_id),
				  state_value(attempt->state), DB_TEXT(attempt->state_reason),
				  DB_TEXT(attempt->nvr)),
			  NULL, &attempt->id, error);
}

bool attempt_store_save(struct db *db, const struct attempt *attempt, GError **error)
{
	const bool is_over = attempt->state > COMPONENT_BUILDING;

	return db_execute(db, save_sql,
			  DB_ARGS(DB_U64(attempt->task_id), state_value(attempt->state),
				  DB_TEXT(attempt->state_reason), DB_TEXT(attempt->nvr),
				  DB_U64(is_over), DB_U64(attempt->id)),
			  NULL, NULL, error);
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

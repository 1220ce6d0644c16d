/* SPDX-License-Identifier: MIT */
#include "store/survey_store.h"

#include "store/db_internal.h"

#define RECENT "UTC_TIMESTAMP(6) - INTERVAL 30 DAY"

#define KNOWN_SELECT                                                                               \
	"SELECT a.idem_key, a.build_id, c.name AS component, a.attempt, a.state, "                 \
	"CASE WHEN a.finished_at IS NULL AND c.attempt = a.attempt THEN c.task_id "                \
	"ELSE a.task_id END AS task_id, a.finished_at IS NULL AS is_open FROM "

static const char known_sql[] = SQL(
	KNOWN_SELECT "JSON_TABLE(?, '$[*]' COLUMNS (idem_key VARCHAR(255) CHARACTER SET utf8mb4 "
		     "COLLATE utf8mb4_nopad_bin PATH '$')) AS k "
		     "STRAIGHT_JOIN attempts AS a ON a.idem_key = k.idem_key "
		     "STRAIGHT_JOIN components AS c ON c.id = a.component_id");

static const char open_sql[] =
	SQL(KNOWN_SELECT
	    "components AS c JOIN builds AS b ON b.id = c.build_id "
	    "JOIN attempts AS a ON a.component_id = c.id AND a.attempt = c.attempt "
	    "WHERE c.state = 0 AND c.task_id > 0 AND b.builder = ? AND a.finished_at IS NULL "
	    "ORDER BY b.id, c.id");

static const char components_sql[] =
	SQL("SELECT b.id, b.uuid, c.name, c.attempt FROM builds AS b "
	    "JOIN components AS c ON c.build_id = b.id WHERE b.builder = ?");

static const char builders_sql[] =
	SQL("SELECT DISTINCT builder FROM builds WHERE builder <> '' ORDER BY builder");

static const char since_sql[] =
	SQL("SELECT COALESCE(LEAST(MIN(CASE WHEN state IN (0, 1, 2) THEN submitted_at END), " RECENT
	    "), " RECENT ") AS since FROM builds WHERE builder = ?");

static const char recent_sql[] =
	SQL("SELECT id FROM builds WHERE builder = ? AND state IN (2, 3, 5) "
	    "AND modified_at > " RECENT " ORDER BY id DESC LIMIT 1000");

static const struct db_column known_columns[] = {
	{ "idem_key", DB_INTO_TEXT, OFFSET_OF(struct known_attempt, char *, key) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct known_attempt, uint64_t, build_id) },
	{ "component", DB_INTO_TEXT, OFFSET_OF(struct known_attempt, char *, component) },
	{ "attempt", DB_INTO_U32, OFFSET_OF(struct known_attempt, uint32_t, attempt) },
	{ "state", DB_INTO_INT, OFFSET_OF(struct known_attempt, int, state) },
	{ "task_id", DB_INTO_U64, OFFSET_OF(struct known_attempt, uint64_t, task_id) },
	{ "is_open", DB_INTO_BOOL, OFFSET_OF(struct known_attempt, bool, is_open) },
};

static const struct db_column component_columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct known_component, uint64_t, build_id) },
	{ "uuid", DB_INTO_TEXT, OFFSET_OF(struct known_component, char *, uuid) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct known_component, char *, name) },
	{ "attempt", DB_INTO_U32, OFFSET_OF(struct known_component, uint32_t, attempt) },
};

static const struct db_column name_column[] = { { "builder", DB_INTO_TEXT, 0 } };
static const struct db_column since_column[] = { { "since", DB_INTO_TIME, 0 } };
static const struct db_column id_column[] = { { "id", DB_INTO_U64, 0 } };

static void known_destroy(void *data)
{
	struct known_attempt *known = data;

	g_free(known->key);
	g_free(known->component);
	g_free(known);
}

static const struct db_shape known_shape = { DB_COLUMNS(known_columns),
					     sizeof(struct known_attempt), known_destroy };

bool survey_store_known(struct db *db, const char *keys, GPtrArray **ret, GError **error)
{
	return db_collect(db, known_sql, DB_ARGS(DB_TEXT(keys)), &known_shape, ret, error);
}

bool survey_store_open(struct db *db, const char *builder, GPtrArray **ret, GError **error)
{
	return db_collect(db, open_sql, DB_ARGS(DB_TEXT(builder)), &known_shape, ret, error);
}

void known_component_clear(struct known_component *component)
{
	g_free(component->uuid);
	g_free(component->name);
	*component = (struct known_component){ 0 };
}

bool survey_store_components(struct db *db, const char *builder, struct db_rows **ret,
			     GError **error)
{
	return db_select(db, components_sql, DB_ARGS(DB_TEXT(builder)),
			 DB_COLUMNS(component_columns), ret, error);
}

bool survey_store_builders(struct db *db, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(DbRows) rows = NULL;
	char *name = NULL;
	int got;

	if (!db_select(db, builders_sql, DB_NO_ARGS, DB_COLUMNS(name_column), &rows, error))
		return false;
	while ((got = db_next(rows, &name, error)) > 0)
		g_ptr_array_add(names, g_steal_pointer(&name));
	if (got < 0)
		return false;
	*ret = g_steal_pointer(&names);
	return true;
}

bool survey_store_since(struct db *db, const char *builder, int64_t *ret, GError **error)
{
	return db_select_one(db, since_sql, DB_ARGS(DB_TEXT(builder)), DB_COLUMNS(since_column),
			     ret, error);
}

bool survey_store_recent(struct db *db, const char *builder, GArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(id_column), sizeof(uint64_t), NULL };

	return db_collect_plain(db, recent_sql, DB_ARGS(DB_TEXT(builder)), &shape, ret, error);
}

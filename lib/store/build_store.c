/* SPDX-License-Identifier: MIT */
#include "store/build_store.h"

#include <inttypes.h>

#include "base/error.h"
#include "store/build_columns.h"
#include "store/component_store.h"
#include "store/db_internal.h"

static const char insert_sql[] = SQL(
	"INSERT INTO builds (uuid, name, stream, version, context, state, state_reason, failure_type, "
	"verification, owner, scmurl, `commit`, branch, builder, dist, tag, target, gen, event_seq, "
	"epoch, batch, submitted_at, modified_at, completed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
	"?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, COALESCE(?, UTC_TIMESTAMP(6)), COALESCE(?, UTC_TIMESTAMP(6)), ?)");

static const char insert_claim_sql[] =
	SQL("INSERT INTO claims (build_id, due_at, last_error) VALUES (?, UTC_TIMESTAMP(6), '')");

static const char find_sql[] = SQL("SELECT " BUILD_SELECT " FROM builds AS b WHERE b.id = ?");

static const char find_nsvc_sql[] =
	SQL("SELECT " BUILD_SELECT " FROM builds AS b "
	    "WHERE b.name = ? AND b.stream = ? AND b.version = ? AND b.context = ?");

static const char load_many_sql[] =
	SQL("SELECT " BUILD_SELECT " FROM " DB_ID_SET " STRAIGHT_JOIN builds AS b ON b.id = ids.id "
	    "ORDER BY b.id");

static const char save_sql[] = SQL(
	"UPDATE builds SET state = ?, state_reason = ?, failure_type = ?, verification = ?, "
	"`commit` = ?, branch = ?, dist = ?, tag = ?, target = ?, event_seq = ?, epoch = ?, batch = ?, repo_batch = ?, "
	"repo_task_id = ?, is_prepared = ?, is_finished = ?, is_cleaned = ?, is_discarded = ?, "
	"is_gate_open = ?, completed_at = ?, modified_at = UTC_TIMESTAMP(6), gen = gen + 1 "
	"WHERE id = ? AND gen = ? AND EXISTS (SELECT 1 FROM claims WHERE claims.build_id = builds.id "
	"AND claims.holder = ? AND claims.token = ? AND claims.lease_until > UTC_TIMESTAMP(6))");

static const char restored_sql[] =
	SQL("SELECT id FROM builds WHERE state IN (0, 1, 2, 3) OR modified_at > "
	    "(SELECT MAX(modified_at) FROM builds) - INTERVAL 30 DAY ORDER BY id");

static const char skip_sql[] =
	SQL("UPDATE builds SET gen = gen + ?, event_seq = event_seq + ? WHERE id = ? AND gen = ?");

static const char skip_view_sql[] =
	SQL("UPDATE build_views SET gen = gen + ? WHERE build_id = ? AND gen = ?");

static const char put_view_sql[] =
	SQL("INSERT INTO build_views (build_id, gen, tasks) VALUES (?, ?, ?) "
	    "ON DUPLICATE KEY UPDATE gen = VALUES(gen), tasks = VALUES(tasks)");

static const char insert_view_sql[] =
	SQL("INSERT INTO build_views (build_id, gen, tasks) VALUES (?, ?, ?)");

static const char renew_view_sql[] =
	SQL("UPDATE build_views SET gen = ? WHERE build_id = ? AND gen = ?");

static const char count_building_sql[] =
	SQL("SELECT COUNT(*) AS building FROM components FORCE INDEX (components_state) "
	    "WHERE state = 0");

static const char lock_limits_sql[] = SQL("SELECT id FROM limits WHERE id = 1 FOR UPDATE");

static const struct db_column columns[] = { BUILD_FIELDS };

static const struct db_column number_column[] = { { "number", DB_INTO_U64, 0 } };

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static bool write_view(struct db *db, const struct build *build, const char *sql, GError **error)
{
	g_autofree char *tasks = build_tasks_json(build);

	return db_execute(db, sql, DB_ARGS(DB_U64(build->id), DB_U64(build->gen), DB_TEXT(tasks)),
			  NULL, NULL, error);
}

static bool insert_row(struct db *db, struct build *build, GError **error)
{
	const struct db_value values[] = {
		DB_TEXT(build->uuid),
		DB_TEXT(build->name),
		DB_TEXT(build->stream),
		DB_U64(build->version),
		DB_TEXT(build->context),
		DB_U64(build->state),
		DB_TEXT(or_empty(build->state_reason)),
		DB_U64(build->failure_type),
		DB_U64(build->verification),
		DB_TEXT(build->owner),
		DB_TEXT(build->scmurl),
		DB_TEXT(or_empty(build->commit)),
		DB_TEXT(or_empty(build->branch)),
		DB_TEXT(or_empty(build->builder)),
		DB_TEXT(or_empty(build->dist)),
		DB_TEXT(or_empty(build->tag)),
		DB_TEXT(or_empty(build->target)),
		DB_U64(build->gen),
		DB_U64(build->event_seq),
		DB_U64(build->epoch),
		DB_U64(build->batch),
		DB_TIME(build->submitted_at),
		DB_TIME(build->modified_at),
		DB_TIME(build->completed_at),
	};

	return db_execute(db, insert_sql, (struct db_args){ values, G_N_ELEMENTS(values) }, NULL,
			  &build->id, error);
}

bool build_store_insert(struct db *db, struct build *build, GError **error)
{
	if (!build->gen)
		build->gen = 1;
	if (!build->epoch)
		build->epoch = 1;
	if (!insert_row(db, build, error)) {
		if (error && g_error_matches(*error, RIDA_ERROR, RIDA_ERROR_CONFLICT))
			g_prefix_error(error,
				       "%s:%s:%" PRIu64 ":%s is tracked already: ", build->name,
				       build->stream, build->version, build->context);
		return false;
	}
	return component_store_insert(db, build, error) &&
	       write_view(db, build, insert_view_sql, error) &&
	       db_execute(db, insert_claim_sql, DB_ARGS(DB_U64(build->id)), NULL, NULL, error);
}

static bool find_one(struct db *db, const char *sql, struct db_args args, struct build **ret,
		     GError **error)
{
	g_autoptr(Build) build = build_new();

	if (!db_select_one(db, sql, args, DB_COLUMNS(columns), build, error))
		return false;
	*ret = g_steal_pointer(&build);
	return true;
}

bool build_store_find(struct db *db, uint64_t id, struct build **ret, GError **error)
{
	if (find_one(db, find_sql, DB_ARGS(DB_U64(id)), ret, error))
		return true;
	g_prefix_error(error, "build %" PRIu64 ": ", id);
	return false;
}

bool build_store_find_nsvc(struct db *db, const struct build *like, struct build **ret,
			   GError **error)
{
	return find_one(db, find_nsvc_sql,
			DB_ARGS(DB_TEXT(like->name), DB_TEXT(like->stream), DB_U64(like->version),
				DB_TEXT(like->context)),
			ret, error);
}

static void build_destroy(void *data)
{
	build_free(data);
}

bool build_store_load_rows(struct db *db, const uint64_t *ids, size_t count, GPtrArray **ret,
			   GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct build), build_destroy };
	g_autofree char *set = db_id_set(ids, count);

	return db_collect(db, load_many_sql, DB_ARGS(DB_TEXT(set)), &shape, ret, error);
}

bool build_store_load_many(struct db *db, const uint64_t *ids, size_t count, GPtrArray **ret,
			   GError **error)
{
	g_autoptr(GPtrArray) builds = NULL;

	if (!build_store_load_rows(db, ids, count, &builds, error) ||
	    !component_store_load(db, builds, COMPONENTS_ALL, error))
		return false;
	*ret = g_steal_pointer(&builds);
	return true;
}

/* One by one: of an array the server does not tell how many rows of builds were changed, because it
 * counts what the triggers change. */
static bool save_row(struct db *db, const struct build_save *save, GError **error)
{
	const struct build *build = save->build;
	uint64_t changed;
	const struct db_value values[] = {
		DB_U64(build->state),
		DB_TEXT(or_empty(build->state_reason)),
		DB_U64(build->failure_type),
		DB_U64(build->verification),
		DB_TEXT(or_empty(build->commit)),
		DB_TEXT(or_empty(build->branch)),
		DB_TEXT(or_empty(build->dist)),
		DB_TEXT(or_empty(build->tag)),
		DB_TEXT(or_empty(build->target)),
		DB_U64(build->event_seq),
		DB_U64(build->epoch),
		DB_U64(build->batch),
		DB_U64(build->repo_batch),
		DB_U64(build->repo_task_id),
		DB_U64(build->is_prepared),
		DB_U64(build->is_finished),
		DB_U64(build->is_cleaned),
		DB_U64(build->is_discarded),
		DB_U64(build->is_gate_open),
		DB_TIME(build->completed_at),
		DB_U64(build->id),
		DB_U64(build->gen),
		DB_TEXT(save->fence.holder),
		DB_U64(save->fence.token),
	};

	if (!db_execute(db, save_sql, (struct db_args){ values, G_N_ELEMENTS(values) }, &changed,
			NULL, error))
		return false;
	if (changed != 1)
		return fail(error, RIDA_ERROR_CONFLICT,
			    "build %" PRIu64
			    " was changed or claimed by somebody else since generation "
			    "%" PRIu64 ": it is left to them",
			    build->id, build->gen);
	return true;
}

/* Stored views of the builds' generation whose tasks are good for the next one. */
static bool renew_views(struct db *db, const struct build_save *saves, size_t count,
			bool *has_new_tasks, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
	size_t rows = 0;
	uint64_t changed;

	for (size_t i = 0; i < count; i++) {
		const struct build *build = saves[i].build;
		const struct db_value row[] = {
			DB_U64(build->gen + 1),
			DB_U64(build->id),
			DB_U64(build->gen),
		};

		if (has_new_tasks[i])
			continue;
		g_array_append_vals(values, row, G_N_ELEMENTS(row));
		rows++;
	}
	if (!db_execute_many(db, renew_view_sql, db_matrix_of(values, rows), &changed, error))
		return false;
	/* A view is missing or old: which one does not matter. */
	for (size_t i = 0; changed < rows && i < count; i++)
		has_new_tasks[i] = true;
	return true;
}

static bool put_views(struct db *db, const struct build_save *saves, size_t count,
		      const bool *has_new_tasks, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < count; i++) {
		const struct build *build = saves[i].build;
		struct db_value row[3];

		if (!has_new_tasks[i] || !build->components)
			continue;
		g_assert(!build->is_partial);
		g_ptr_array_add(texts, build_tasks_json(build));
		row[0] = DB_U64(build->id);
		row[1] = DB_U64(build->gen + 1);
		row[2] = DB_TEXT(g_ptr_array_index(texts, texts->len - 1));
		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	return db_execute_many(db, put_view_sql, db_matrix_of(values, texts->len), NULL, error);
}

/*
 * The row of builds comes last: its trigger locks the counter of changes, for which all writers
 * queue until the end of the transaction.
 */
bool build_store_save(struct db *db, const struct build_save *saves, size_t count, GError **error)
{
	g_autofree bool *has_new_tasks = g_new0(bool, count);

	if (!component_store_save(db, saves, count, has_new_tasks, error) ||
	    !renew_views(db, saves, count, has_new_tasks, error) ||
	    !put_views(db, saves, count, has_new_tasks, error))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!save_row(db, &saves[i], error))
			return false;
		saves[i].build->gen++;
	}
	return true;
}

bool build_store_count_building(struct db *db, uint64_t *ret, GError **error)
{
	return db_select_one(db, count_building_sql, DB_NO_ARGS, DB_COLUMNS(number_column), ret,
			     error);
}

bool build_store_lock_limits(struct db *db, GError **error)
{
	uint64_t id;

	return db_select_one(db, lock_limits_sql, DB_NO_ARGS, DB_COLUMNS(number_column), &id,
			     error);
}

bool build_store_restored(struct db *db, GArray **ret, GError **error)
{
	static const struct db_column id_column[] = { { "id", DB_INTO_U64, 0 } };
	const struct db_shape shape = { DB_COLUMNS(id_column), sizeof(uint64_t), NULL };

	return db_collect_plain(db, restored_sql, DB_NO_ARGS, &shape, ret, error);
}

bool build_store_skip(struct db *db, struct build *build, GError **error)
{
	uint64_t changed;

	if (!db_execute(db, skip_view_sql,
			DB_ARGS(DB_U64(BUILD_SKIP), DB_U64(build->id), DB_U64(build->gen)), NULL,
			NULL, error) ||
	    !db_execute(db, skip_sql,
			DB_ARGS(DB_U64(BUILD_SKIP), DB_U64(BUILD_SKIP), DB_U64(build->id),
				DB_U64(build->gen)),
			&changed, NULL, error))
		return false;
	if (!changed)
		return fail(error, RIDA_ERROR_CONFLICT, "build %" PRIu64 " was changed meanwhile",
			    build->id);
	build->gen += BUILD_SKIP;
	build->event_seq += BUILD_SKIP;
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "store/hint_store.h"

#include "store/db_internal.h"

/* Builds that are building have few components with tasks, and few builds are on their way. */
static const char of_tasks_sql[] =
	SQL("SELECT DISTINCT build_id FROM components WHERE state = 0 AND task_id IN "
	    "(SELECT ids.id FROM " DB_ID_SET ")");

static const char of_tags_sql[] = SQL(
	"SELECT id FROM builds WHERE state IN (0, 1, 2, 3) AND tag <> '' AND tag IN "
	"(SELECT tags.tag FROM JSON_TABLE(?, '$[*]' COLUMNS (tag VARCHAR(256) PATH '$')) AS tags)");

static const char of_module_sql[] = SQL(
	"SELECT id FROM builds WHERE name = ? AND REPLACE(stream, '-', '_') = ? AND version = ? "
	"AND context = ? AND state IN (0, 1, 2, 3)");

static const char make_due_sql[] =
	SQL("UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at > UTC_TIMESTAMP(6) "
	    "AND lease_until IS NULL AND quarantined_at IS NULL AND attempts = 0 "
	    "AND build_id IN (SELECT ids.id FROM " DB_ID_SET ")");

static const struct db_column id_column[] = { { "id", DB_INTO_U64, 0 } };
static const struct db_column build_id_column[] = { { "build_id", DB_INTO_U64, 0 } };

static bool add_ids(struct db *db, const char *sql, struct db_args args, struct db_columns columns,
		    GArray *ids, GError **error)
{
	const struct db_shape shape = { columns, sizeof(uint64_t), NULL };
	g_autoptr(GArray) found = NULL;

	if (!db_collect_plain(db, sql, args, &shape, &found, error))
		return false;
	g_array_append_vals(ids, found->data, found->len);
	return true;
}

static bool add_tasks(struct db *db, const GArray *tasks, GArray *ids, GError **error)
{
	g_autofree char *set = db_id_set((const uint64_t *)(void *)tasks->data, tasks->len);

	return !tasks->len || add_ids(db, of_tasks_sql, DB_ARGS(DB_TEXT(set)),
				      DB_COLUMNS(build_id_column), ids, error);
}

static bool add_tags(struct db *db, const GString *tags, GArray *ids, GError **error)
{
	return !tags->len || add_ids(db, of_tags_sql, DB_ARGS(DB_TEXT(tags->str)),
				     DB_COLUMNS(id_column), ids, error);
}

static bool add_module(struct db *db, const struct incoming *hint, GArray *ids, GError **error)
{
	return add_ids(db, of_module_sql,
		       DB_ARGS(DB_TEXT(hint->name), DB_TEXT(hint->stream), DB_U64(hint->version),
			       DB_TEXT(hint->context)),
		       DB_COLUMNS(id_column), ids, error);
}

/* The name of a tag has nothing that JSON would write otherwise. */
static void add_tag(GString *tags, const char *tag)
{
	g_string_append_printf(tags, "%c\"%s\"", tags->len ? ',' : '[', tag);
}

bool hint_store_apply(struct db *db, const struct incoming *hints, size_t count,
		      uint64_t *ret_count, GError **error)
{
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GArray) tasks = g_array_new(FALSE, FALSE, sizeof(uint64_t));
	g_autoptr(GString) tags = g_string_new(NULL);
	g_autofree char *set = NULL;

	*ret_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (hints[i].kind == INCOMING_TASK)
			g_array_append_val(tasks, hints[i].task_id);
		else if (hints[i].kind == INCOMING_TAG)
			add_tag(tags, hints[i].tag);
		else if (hints[i].kind == INCOMING_MODULE && !add_module(db, &hints[i], ids, error))
			return false;
	}
	if (tags->len)
		g_string_append_c(tags, ']');
	if (!add_tasks(db, tasks, ids, error) || !add_tags(db, tags, ids, error))
		return false;
	if (!ids->len)
		return true;
	set = db_id_set((const uint64_t *)(void *)ids->data, ids->len);
	return db_execute(db, make_due_sql, DB_ARGS(DB_TEXT(set)), ret_count, NULL, error);
}

/* SPDX-License-Identifier: MIT */
#include <inttypes.h>

#include "base/error.h"
#include "store/db_internal.h"
#include "store/misc_store.h"

static const char insert_sql[] =
	SQL("INSERT INTO modulemds (build_id, kind, text) VALUES (?, ?, ?)");

static const char update_sql[] =
	SQL("UPDATE modulemds SET text = ? WHERE build_id = ? AND kind = ?");

static const char get_sql[] = SQL("SELECT text FROM modulemds WHERE build_id = ? AND kind = ?");

static const char load_sql[] =
	SQL("SELECT m.build_id, m.text FROM " DB_ID_SET " STRAIGHT_JOIN modulemds AS m "
	    "ON m.build_id = ids.id AND m.kind = ?");

static const struct db_column load_columns[] = {
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct modulemd, uint64_t, build_id) },
	{ "text", DB_INTO_TEXT, OFFSET_OF(struct modulemd, char *, text) },
};

static const struct db_column text_column[] = { { "text", DB_INTO_TEXT, 0 } };

/* The web may insert and not update, so the two are not one statement. */
bool modulemd_store_put(struct db *db, uint64_t build_id, enum modulemd_kind kind, const char *text,
			GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (db_execute(db, insert_sql, DB_ARGS(DB_U64(build_id), DB_U64(kind), DB_TEXT(text)), NULL,
		       NULL, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_CONFLICT)
		return db_execute(db, update_sql,
				  DB_ARGS(DB_TEXT(text), DB_U64(build_id), DB_U64(kind)), NULL,
				  NULL, error);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

bool modulemd_store_get(struct db *db, uint64_t build_id, enum modulemd_kind kind, char **ret,
			GError **error)
{
	g_autofree char *text = NULL;

	if (!db_select_one(db, get_sql, DB_ARGS(DB_U64(build_id), DB_U64(kind)),
			   DB_COLUMNS(text_column), &text, error)) {
		g_prefix_error(error, "the document of build %" PRIu64 ": ", build_id);
		return false;
	}
	*ret = g_steal_pointer(&text);
	return true;
}

static void modulemd_destroy(void *data)
{
	struct modulemd *document = data;

	g_free(document->text);
	g_free(document);
}

bool modulemd_store_load(struct db *db, enum modulemd_kind kind, const uint64_t *build_ids,
			 size_t count, GPtrArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(load_columns), sizeof(struct modulemd),
					modulemd_destroy };
	g_autofree char *set = db_id_set(build_ids, count);

	return db_collect(db, load_sql, DB_ARGS(DB_TEXT(set), DB_U64(kind)), &shape, ret, error);
}

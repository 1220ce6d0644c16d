/* SPDX-License-Identifier: MIT */
#include "store/misc_store.h"

static const char insert_warning_sql[] =
	SQL("INSERT INTO warnings (build_id, component, text, created_at) "
	    "VALUES (?, COALESCE(?, ''), ?, UTC_TIMESTAMP(6))");

static const char select_warnings_sql[] =
	SQL("SELECT component, text FROM warnings WHERE build_id = ? ORDER BY id");

static const char put_excerpt_sql[] =
	SQL("INSERT INTO log_excerpts (build_id, component_id, attempt, file, excerpt) "
	    "VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE file = VALUES(file), "
	    "excerpt = VALUES(excerpt)");

static const char select_excerpts_sql[] =
	SQL("SELECT component_id, attempt, file, excerpt FROM log_excerpts WHERE build_id = ? "
	    "ORDER BY component_id, attempt");

static const struct db_column warning_columns[] = {
	{ "component", DB_INTO_TEXT, OFFSET_OF(struct warning, char *, component) },
	{ "text", DB_INTO_TEXT, OFFSET_OF(struct warning, char *, text) },
};

static const struct db_column excerpt_columns[] = {
	{ "component_id", DB_INTO_U64, OFFSET_OF(struct log_excerpt, uint64_t, component_id) },
	{ "attempt", DB_INTO_U32, OFFSET_OF(struct log_excerpt, uint32_t, attempt) },
	{ "file", DB_INTO_TEXT, OFFSET_OF(struct log_excerpt, char *, file) },
	{ "excerpt", DB_INTO_TEXT, OFFSET_OF(struct log_excerpt, char *, excerpt) },
};

void warning_clear(struct warning *warning)
{
	g_free(warning->component);
	g_free(warning->text);
	*warning = (struct warning){ 0 };
}

bool warning_store_insert(struct db *db, uint64_t build_id, const char *component, const char *text,
			  GError **error)
{
	return db_execute(db, insert_warning_sql,
			  DB_ARGS(DB_U64(build_id), DB_TEXT(component), DB_TEXT(text)), NULL, NULL,
			  error);
}

bool warning_store_select(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error)
{
	return db_select(db, select_warnings_sql, DB_ARGS(DB_U64(build_id)),
			 DB_COLUMNS(warning_columns), ret, error);
}

void log_excerpt_clear(struct log_excerpt *excerpt)
{
	g_free(excerpt->file);
	g_free(excerpt->excerpt);
	*excerpt = (struct log_excerpt){ 0 };
}

bool log_excerpt_store_put(struct db *db, uint64_t build_id, const struct log_excerpt *excerpt,
			   GError **error)
{
	return db_execute(db, put_excerpt_sql,
			  DB_ARGS(DB_U64(build_id), DB_U64(excerpt->component_id),
				  DB_U64(excerpt->attempt), DB_TEXT(excerpt->file),
				  DB_TEXT(excerpt->excerpt)),
			  NULL, NULL, error);
}

bool log_excerpt_store_select(struct db *db, uint64_t build_id, struct db_rows **ret,
			      GError **error)
{
	return db_select(db, select_excerpts_sql, DB_ARGS(DB_U64(build_id)),
			 DB_COLUMNS(excerpt_columns), ret, error);
}

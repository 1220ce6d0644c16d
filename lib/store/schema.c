/* SPDX-License-Identifier: MIT */
#include "store/schema.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "store/db_internal.h"

/* Digits of a migration's number, at the start of its file's name. */
#define NUMBER_DIGITS 4
/* The largest migration file that is read. */
#define FILE_MAX ((gsize)4 << 20)

static const char lock_sql[] =
	SQL("SELECT GET_LOCK(CONCAT('rida-migrate.', DATABASE()), 20) AS got");
static const char unlock_sql[] =
	SQL("SELECT RELEASE_LOCK(CONCAT('rida-migrate.', DATABASE())) AS got");

static const char create_sql[] = SQL(
	"CREATE TABLE IF NOT EXISTS schema_versions (version INT UNSIGNED NOT NULL, "
	"name VARCHAR(128) NOT NULL, sha256 CHAR(64) NOT NULL, applied_at DATETIME(6) NOT NULL, "
	"PRIMARY KEY (version)) "
	"ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 COLLATE = utf8mb4_nopad_bin");

static const char applied_sql[] =
	SQL("SELECT version, name, sha256 FROM schema_versions ORDER BY version");

static const char record_sql[] =
	SQL("INSERT INTO schema_versions (version, name, sha256, applied_at) "
	    "VALUES (?, ?, ?, UTC_TIMESTAMP(6))");

static const char exists_sql[] = SQL(
	"SELECT EXISTS (SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() "
	"AND table_name = 'schema_versions') AS is_there");

static const char newest_sql[] =
	SQL("SELECT COALESCE(MAX(version), 0) AS version FROM schema_versions");

struct migration {
	uint32_t version;
	char *name;
	char *sha256;
	char *text; /* NULL: as the database knows it */
};

static const struct db_column columns[] = {
	{ "version", DB_INTO_U32, OFFSET_OF(struct migration, uint32_t, version) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct migration, char *, name) },
	{ "sha256", DB_INTO_TEXT, OFFSET_OF(struct migration, char *, sha256) },
};

static const struct db_column number_column[] = { { "number", DB_INTO_U64, 0 } };

static void migration_destroy(void *data)
{
	struct migration *migration = data;

	g_free(migration->name);
	g_free(migration->sha256);
	g_free(migration->text);
	g_free(migration);
}

/* Files */

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* NNNN_name.sql; other files of the folder are not ours. */
static bool is_migration(const char *name)
{
	for (int i = 0; i < NUMBER_DIGITS; i++) {
		if (!g_ascii_isdigit(name[i]))
			return false;
	}
	return name[NUMBER_DIGITS] == '_' && g_str_has_suffix(name, ".sql");
}

static bool list_files(const char *folder, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) problem = NULL;
	g_autoptr(GDir) dir = g_dir_open(folder, 0, &problem);

	if (!dir)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "the folder of migrations: %s",
			    problem->message);
	for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
		if (is_migration(name))
			g_ptr_array_add(names, g_strdup(name));
	}
	g_ptr_array_sort(names, by_name);
	*ret = g_steal_pointer(&names);
	return true;
}

static bool read_file(const char *folder, const char *name, struct migration *ret, GError **error)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);
	g_autoptr(GError) problem = NULL;
	gsize length;
	uint64_t version;
	g_autofree char *number = g_strndup(name, NUMBER_DIGITS);

	if (!g_file_get_contents(path, &ret->text, &length, &problem))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "a migration: %s", problem->message);
	if (length > FILE_MAX || length != strlen(ret->text))
		return fail(error, RIDA_ERROR_MALFORMED, "%s: this is no migration", path);
	if (!strict_u64(number, 1, 9999, &version, error))
		return false;
	ret->version = (uint32_t)version;
	ret->name = g_strdup(name);
	ret->sha256 =
		g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)ret->text, length);
	return true;
}

/* The migrations of the folder: numbered from 1 without a gap. */
static bool read_folder(const char *folder, GPtrArray **ret, GError **error)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(migration_destroy);
	g_autoptr(GPtrArray) names = NULL;

	if (!list_files(folder, &names, error))
		return false;
	for (guint i = 0; i < names->len; i++) {
		struct migration *migration = g_new0(struct migration, 1);

		g_ptr_array_add(all, migration);
		if (!read_file(folder, g_ptr_array_index(names, i), migration, error))
			return false;
		if (migration->version != i + 1)
			return fail(error, RIDA_ERROR_MALFORMED,
				    "%s/%s: the next number is %u; each number is there once",
				    folder, migration->name, i + 1);
	}
	if (!all->len)
		return fail(error, RIDA_ERROR_MISSING, "%s: there are no migrations", folder);
	*ret = g_steal_pointer(&all);
	return true;
}

/* Applying */

/* A statement ends with a semicolon before an empty line; bodies of triggers hold no empty line. */
static bool apply_text(struct db *db, const char *text, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, ";\n\n", -1);

	for (char **part = parts; *part; part++) {
		g_strstrip(*part);
		if (!**part)
			continue;
		if (!db_execute_text(db, *part, error)) {
			g_prefix_error(error, "the statement \"%.60s\": ", *part);
			return false;
		}
	}
	return true;
}

static bool apply(struct db *db, const struct migration *migration, GError **error)
{
	if (apply_text(db, migration->text, error) &&
	    db_execute(db, record_sql,
		       DB_ARGS(DB_U64(migration->version), DB_TEXT(migration->name),
			       DB_TEXT(migration->sha256)),
		       NULL, NULL, error))
		return true;
	g_prefix_error(error, "%s: ", migration->name);
	return false;
}

static bool check_unchanged(const struct migration *applied, const struct migration *file,
			    GError **error)
{
	if (g_str_equal(applied->sha256, file->sha256))
		return true;
	return fail(
		error, RIDA_ERROR_CONFLICT,
		"%s was changed after it had been applied: a migration is never edited, put its file "
		"back and write a new one",
		file->name);
}

static bool migrate_locked(struct db *db, const GPtrArray *files, unsigned *ret_applied,
			   GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct migration),
					migration_destroy };
	g_autoptr(GPtrArray) applied = NULL;

	if (!db_execute_text(db, create_sql, error) ||
	    !db_collect(db, applied_sql, DB_NO_ARGS, &shape, &applied, error))
		return false;
	if (applied->len > files->len)
		return fail(
			error, RIDA_ERROR_CONFLICT,
			"the schema is at version %u, the newest migration here is %u: run \"rida-admin "
			"migrate\" of the newer release",
			applied->len, files->len);
	for (guint i = 0; i < files->len; i++) {
		const struct migration *file = g_ptr_array_index(files, i);

		if (i < applied->len) {
			if (!check_unchanged(g_ptr_array_index(applied, i), file, error))
				return false;
			continue;
		}
		if (!apply(db, file, error))
			return false;
		(*ret_applied)++;
	}
	return true;
}

bool schema_migrate(struct db *db, const char *folder, unsigned *ret_applied, GError **error)
{
	g_autoptr(GPtrArray) files = NULL;
	unsigned applied = 0;
	uint64_t got = 0;
	bool is_done;

	if (!read_folder(folder, &files, error) ||
	    !db_select_one(db, lock_sql, DB_NO_ARGS, DB_COLUMNS(number_column), &got, error))
		return false;
	if (!got)
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "somebody else migrates this database: wait until it is done");
	is_done = migrate_locked(db, files, &applied, error);
	if (!db_is_broken(db))
		db_select_one(db, unlock_sql, DB_NO_ARGS, DB_COLUMNS(number_column), &got, NULL);
	if (is_done)
		*ret_applied = applied;
	return is_done;
}

bool schema_check(struct db *db, GError **error)
{
	uint64_t is_there = 0;
	uint64_t version = 0;

	if (!db_select_one(db, exists_sql, DB_NO_ARGS, DB_COLUMNS(number_column), &is_there, error))
		return false;
	if (is_there &&
	    !db_select_one(db, newest_sql, DB_NO_ARGS, DB_COLUMNS(number_column), &version, error))
		return false;
	if (version < SCHEMA_OLDEST)
		return fail(
			error, RIDA_ERROR_UNAVAILABLE,
			"the database's schema is at version %u, this program needs %d: run \"rida-admin "
			"migrate\"",
			(unsigned)version, SCHEMA_NEWEST);
	if (version > SCHEMA_NEWEST)
		return fail(
			error, RIDA_ERROR_UNAVAILABLE,
			"the database's schema is at version %u, this program knows up to %d: another host "
			"ran a newer \"rida-admin migrate\", install that release here too",
			(unsigned)version, SCHEMA_NEWEST);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "store/require_store.h"

#include "model/names.h"
#include "store/build_columns.h"
#include "store/db_internal.h"

static const char load_sql[] = SQL(
	"SELECT r.build_id, r.name, r.stream, r.version, r.context, r.tag, r.is_base, "
	"r.marking, r.buildroot, r.srpm_buildroot, r.filter FROM " DB_ID_SET
	" STRAIGHT_JOIN build_requires AS r ON r.build_id = ids.id ORDER BY r.build_id, r.name");

static const char put_sql[] =
	SQL("INSERT INTO build_requires (build_id, name, stream, version, context, tag, is_base, "
	    "marking, buildroot, srpm_buildroot, filter) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");

static const char drop_sql[] = SQL("DELETE FROM build_requires WHERE build_id = ?");

#define WISH_TYPE " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin PATH "

/* Each wish reads the index backwards from its newest version to the first one that will do;
 * without a hint the server would rather go through all builds, as there is a limit. */
static const char find_ready_sql[] = SQL(
	"SELECT " BUILD_SELECT " FROM JSON_TABLE(?, '$[*]' COLUMNS ("
	"name VARCHAR(128)" WISH_TYPE "'$[0]', stream VARCHAR(64)" WISH_TYPE "'$[1]')) AS wishes "
	"STRAIGHT_JOIN builds AS b ON b.id = (SELECT ready.id FROM builds AS ready "
	"FORCE INDEX (builds_nsvc) WHERE ready.name = wishes.name "
	"AND ready.stream = wishes.stream AND ready.state = 5 AND ready.tag <> '' "
	"ORDER BY ready.version DESC, ready.context DESC LIMIT 1)");

static const struct db_column build_columns[] = { BUILD_FIELDS };

static const struct db_column columns[] = {
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct build_require, uint64_t, build_id) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, name) },
	{ "stream", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, stream) },
	{ "version", DB_INTO_U64, OFFSET_OF(struct build_require, uint64_t, version) },
	{ "context", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, context) },
	{ "tag", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, tag) },
	{ "is_base", DB_INTO_BOOL, OFFSET_OF(struct build_require, bool, is_base) },
	{ "marking", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, marking) },
	{ "buildroot", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, buildroot) },
	{ "srpm_buildroot", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, srpm_buildroot) },
	{ "filter", DB_INTO_TEXT, OFFSET_OF(struct build_require, char *, filter) },
};

static void require_destroy(void *data)
{
	build_require_free(data);
}

bool require_store_load(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct build_require),
					require_destroy };
	g_autofree char *set = db_id_set(build_ids, count);

	return db_collect(db, load_sql, DB_ARGS(DB_TEXT(set)), &shape, ret, error);
}

bool require_store_put(struct db *db, uint64_t build_id, const GPtrArray *requires, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));

	for (guint i = 0; i < requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(requires, i);
		const struct db_value row[] = {
			DB_U64(build_id),
			DB_TEXT(require->name),
			DB_TEXT(require->stream),
			DB_U64(require->version),
			DB_TEXT(require->context),
			DB_TEXT(require->tag),
			DB_U64(require->is_base),
			DB_TEXT(require->marking),
			DB_TEXT(require->buildroot),
			DB_TEXT(require->srpm_buildroot),
			DB_TEXT(require->filter),
		};

		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	if (!db_execute(db, drop_sql, DB_ARGS(DB_U64(build_id)), NULL, NULL, error))
		return false;
	return !requires->len ||
	       db_execute_many(db, put_sql, db_matrix_of(values, requires->len), NULL, error);
}

/* [["name", "stream"], …]: nothing in a checked name needs an escape. */
static char *wishes_text(const struct require_wish *wishes, size_t count)
{
	GString *text = g_string_new("[");

	for (size_t i = 0; i < count; i++) {
		g_assert(name_is_valid(NAME_MODULE, wishes[i].name) &&
			 name_is_valid(NAME_STREAM, wishes[i].stream));
		g_string_append_printf(text, "%s[\"%s\",\"%s\"]", i ? "," : "", wishes[i].name,
				       wishes[i].stream);
	}
	g_string_append_c(text, ']');
	return g_string_free(text, FALSE);
}

static void build_destroy(void *data)
{
	build_free(data);
}

bool require_store_find_ready(struct db *db, const struct require_wish *wishes, size_t count,
			      GPtrArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(build_columns), sizeof(struct build),
					build_destroy };
	g_autofree char *text = wishes_text(wishes, count);

	return db_collect(db, find_ready_sql, DB_ARGS(DB_TEXT(text)), &shape, ret, error);
}

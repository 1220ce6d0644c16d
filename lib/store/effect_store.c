/* SPDX-License-Identifier: MIT */
#include "store/effect_store.h"

#include "base/error.h"
#include "store/db_internal.h"

static const char intend_sql[] = SQL(
	"INSERT INTO effects (build_id, component_id, kind, number, idem_key, state, token, tries, "
	"session_id, problem, intended_at) VALUES (?, ?, ?, ?, ?, 0, ?, 0, ?, '', UTC_TIMESTAMP(6)) "
	"ON DUPLICATE KEY UPDATE state = 0, token = VALUES(token), tries = tries + 1, done_at = NULL, "
	"session_id = VALUES(session_id), intended_at = VALUES(intended_at)");

static const char open_sql[] = SQL(
	"SELECT e.id, e.build_id, e.component_id, e.kind, e.number, e.idem_key, e.state, e.token, "
	"e.session_id, e.reservation, e.external_id, e.tries, e.problem, e.intended_at FROM " DB_ID_SET
	" STRAIGHT_JOIN effects AS e ON e.state = 0 AND e.build_id = ids.id ORDER BY e.id");

static const char tries_sql[] =
	SQL("SELECT tries + 1 FROM effects WHERE build_id = ? AND component_id = 0 AND kind = ? "
	    "ORDER BY number DESC LIMIT 1");

static const char end_sql[] =
	SQL("UPDATE effects SET state = ?, external_id = ?, problem = COALESCE(?, ''), "
	    "reservation = COALESCE(?, reservation), "
	    "done_at = CASE WHEN state THEN UTC_TIMESTAMP(6) END WHERE idem_key = ?");

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct effect, uint64_t, id) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct effect, uint64_t, build_id) },
	{ "component_id", DB_INTO_U64, OFFSET_OF(struct effect, uint64_t, component_id) },
	{ "kind", DB_INTO_INT, OFFSET_OF(struct effect, int, kind) },
	{ "number", DB_INTO_U32, OFFSET_OF(struct effect, uint32_t, number) },
	{ "idem_key", DB_INTO_TEXT, OFFSET_OF(struct effect, char *, idem_key) },
	{ "state", DB_INTO_INT, OFFSET_OF(struct effect, int, state) },
	{ "token", DB_INTO_U64, OFFSET_OF(struct effect, uint64_t, token) },
	{ "session_id", DB_INTO_U64, OFFSET_OF(struct effect, uint64_t, session_id) },
	{ "reservation", DB_INTO_TEXT, OFFSET_OF(struct effect, char *, reservation) },
	{ "external_id", DB_INTO_U64, OFFSET_OF(struct effect, uint64_t, external_id) },
	{ "tries", DB_INTO_U32, OFFSET_OF(struct effect, uint32_t, tries) },
	{ "problem", DB_INTO_TEXT, OFFSET_OF(struct effect, char *, problem) },
	{ "intended_at", DB_INTO_TIME, OFFSET_OF(struct effect, int64_t, intended_at) },
};

static const struct db_column tries_column[] = { { "tries", DB_INTO_U64, 0 } };

void effect_free(struct effect *effect)
{
	if (!effect)
		return;
	g_free(effect->idem_key);
	g_free(effect->problem);
	g_free(effect->reservation);
	g_free(effect);
}

static void effect_destroy(void *data)
{
	effect_free(data);
}

bool effect_store_intend(struct db *db, const struct effect *effects, size_t count, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));

	if (!count)
		return true;
	for (size_t i = 0; i < count; i++) {
		const struct db_value row[] = {
			DB_U64(effects[i].build_id),   DB_U64(effects[i].component_id),
			DB_I64(effects[i].kind),       DB_U64(effects[i].number),
			DB_TEXT(effects[i].idem_key),  DB_U64(effects[i].token),
			DB_U64(effects[i].session_id),
		};

		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	return db_execute_many(db, intend_sql, db_matrix_of(values, count), NULL, error);
}

bool effect_store_open(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
		       GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct effect),
					effect_destroy };
	g_autofree char *set = db_id_set(build_ids, count);

	return db_collect(db, open_sql, DB_ARGS(DB_TEXT(set)), &shape, ret, error);
}

bool effect_store_tries(struct db *db, uint64_t build_id, enum effect_kind kind, uint64_t *ret,
			GError **error)
{
	return db_select_one(db, tries_sql, DB_ARGS(DB_U64(build_id), DB_I64(kind)),
			     DB_COLUMNS(tries_column), ret, error);
}

bool effect_store_end_many(struct db *db, const GPtrArray *ends, GError **error)
{
	g_autoptr(GArray) values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
	uint64_t changed;

	for (guint i = 0; i < ends->len; i++) {
		const struct effect_end *end = g_ptr_array_index(ends, i);
		const struct db_value row[] = {
			DB_U64(end->state),        DB_U64(end->external_id), DB_TEXT(end->problem),
			DB_TEXT(end->reservation), DB_TEXT(end->idem_key),
		};

		g_array_append_vals(values, row, G_N_ELEMENTS(row));
	}
	if (!db_execute_many(db, end_sql, db_matrix_of(values, ends->len), &changed, error))
		return false;
	if (changed != ends->len)
		return fail(error, RIDA_ERROR_INTERNAL,
			    "only %" G_GUINT64_FORMAT " of %u ended effects were intended", changed,
			    ends->len);
	return true;
}

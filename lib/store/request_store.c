/* SPDX-License-Identifier: MIT */
#include "store/request_store.h"

#include <inttypes.h>

#include "base/error.h"
#include "store/db_internal.h"

static const char insert_sql[] = SQL("INSERT INTO requests (build_id, kind, caller, created_at) "
				     "VALUES (?, ?, ?, UTC_TIMESTAMP(6))");

static const char open_sql[] =
	SQL("SELECT r.id, r.build_id, r.kind, r.caller FROM " DB_ID_SET
	    " STRAIGHT_JOIN requests AS r ON r.build_id = ids.id WHERE r.done_at IS NULL "
	    "ORDER BY r.id");

static const char is_open_sql[] = SQL(
	"SELECT EXISTS (SELECT 1 FROM requests WHERE done_at IS NULL AND build_id = ? AND kind = ?) "
	"AS is_open");

static const char close_sql[] =
	SQL("UPDATE requests SET done_at = UTC_TIMESTAMP(6), outcome = LEFT(?, 255) "
	    "WHERE id = ? AND done_at IS NULL");

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct request, uint64_t, id) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct request, uint64_t, build_id) },
	{ "kind", DB_INTO_INT, OFFSET_OF(struct request, int, kind) },
	{ "caller", DB_INTO_TEXT, OFFSET_OF(struct request, char *, caller) },
};

static const struct db_column is_open_column[] = { { "is_open", DB_INTO_BOOL, 0 } };

void request_free(struct request *request)
{
	if (!request)
		return;
	g_free(request->caller);
	g_free(request);
}

static void request_destroy(void *data)
{
	request_free(data);
}

bool request_store_insert(struct db *db, uint64_t build_id, enum request_kind kind,
			  const char *caller, GError **error)
{
	if (db_execute(db, insert_sql, DB_ARGS(DB_U64(build_id), DB_U64(kind), DB_TEXT(caller)),
		       NULL, NULL, error))
		return true;
	g_prefix_error(error, "a request for build %" PRIu64 ": ", build_id);
	return false;
}

bool request_store_open(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct request),
					request_destroy };
	g_autofree char *set = db_id_set(build_ids, count);

	return db_collect(db, open_sql, DB_ARGS(DB_TEXT(set)), &shape, ret, error);
}

bool request_store_is_open(struct db *db, uint64_t build_id, enum request_kind kind, bool *ret,
			   GError **error)
{
	return db_select_one(db, is_open_sql, DB_ARGS(DB_U64(build_id), DB_U64(kind)),
			     DB_COLUMNS(is_open_column), ret, error);
}

bool request_store_close(struct db *db, uint64_t id, const char *outcome, GError **error)
{
	return db_execute(db, close_sql, DB_ARGS(DB_TEXT(outcome), DB_U64(id)), NULL, NULL, error);
}

/* SPDX-License-Identifier: MIT */
#include "store/watch_store.h"

#include "store/request_store.h"

#define IS_ASKED                                                                                   \
	"EXISTS (SELECT 1 FROM requests WHERE done_at IS NULL AND build_id = ? AND kind = ?)"

static const char select_sql[] =
	SQL("SELECT UTC_TIMESTAMP(6) AS now, " IS_ASKED " AS cancel_is_asked, " IS_ASKED
	    " AS ready_is_asked, " IS_ASKED " AS resume_is_asked, "
	    "claims.quarantined_at, claims.last_error AS problem, claims.due_at, claims.waits_for, "
	    "claims.waits_since, claims.looked_at, claims.attempts FROM (SELECT 1) AS one "
	    "LEFT JOIN claims ON claims.build_id = ?");

static const struct db_column columns[] = {
	{ "now", DB_INTO_TIME, OFFSET_OF(struct build_watch, int64_t, now) },
	{ "cancel_is_asked", DB_INTO_BOOL, OFFSET_OF(struct build_watch, bool, cancel_is_asked) },
	{ "ready_is_asked", DB_INTO_BOOL, OFFSET_OF(struct build_watch, bool, ready_is_asked) },
	{ "resume_is_asked", DB_INTO_BOOL, OFFSET_OF(struct build_watch, bool, resume_is_asked) },
	{ "quarantined_at", DB_INTO_TIME, OFFSET_OF(struct build_watch, int64_t, quarantined_at) },
	{ "problem", DB_INTO_TEXT, OFFSET_OF(struct build_watch, char *, problem) },
	{ "due_at", DB_INTO_TIME, OFFSET_OF(struct build_watch, int64_t, due_at) },
	{ "waits_for", DB_INTO_INT, OFFSET_OF(struct build_watch, int, waits_for) },
	{ "waits_since", DB_INTO_TIME, OFFSET_OF(struct build_watch, int64_t, waits_since) },
	{ "looked_at", DB_INTO_TIME, OFFSET_OF(struct build_watch, int64_t, looked_at) },
	{ "attempts", DB_INTO_U32, OFFSET_OF(struct build_watch, uint32_t, attempts) },
};

void build_watch_clear(struct build_watch *watch)
{
	g_free(watch->problem);
	*watch = (struct build_watch){ 0 };
}

bool watch_store_read(struct db *db, uint64_t build_id, struct build_watch *ret, GError **error)
{
	return db_select_one(db, select_sql,
			     DB_ARGS(DB_U64(build_id), DB_U64(REQUEST_CANCEL), DB_U64(build_id),
				     DB_U64(REQUEST_READY), DB_U64(build_id),
				     DB_U64(REQUEST_RESUME), DB_U64(build_id)),
			     DB_COLUMNS(columns), ret, error);
}

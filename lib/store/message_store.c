/* SPDX-License-Identifier: MIT */
#include "store/message_store.h"

#include "store/db_internal.h"

static const char summary_sql[] = SQL(
	"SELECT (SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL) AS waiting, "
	"(SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL "
	"AND next_try_at IS NOT NULL) AS held_back, "
	"(SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL AND dead_at IS NOT NULL) AS dead, "
	"(SELECT MIN(created_at) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL) AS oldest, "
	"CASE WHEN retry_at > UTC_TIMESTAMP(6) THEN retry_at END AS retry_at, "
	"COALESCE(problem, '') AS problem FROM leases WHERE name = 'outbox'");

static const char failed_sql[] = SQL(
	"SELECT build_id, seq, msg_id, tries, next_try_at, dead_at, COALESCE(problem, '') AS problem "
	"FROM outbox WHERE sent_at IS NULL AND tries > 0 ORDER BY dead_at IS NULL, event_no LIMIT ?");

#define AGAIN_SQL                                                                                  \
	"UPDATE outbox SET sent_at = NULL, dead_at = NULL, next_try_at = NULL, tries = 0, "        \
	"refusals = 0, problem = NULL WHERE "

static const char again_sql[] = SQL(AGAIN_SQL "msg_id = ?");
static const char again_build_sql[] = SQL(AGAIN_SQL "build_id = ?");
static const char again_dead_sql[] = SQL(AGAIN_SQL "sent_at IS NULL AND dead_at IS NOT NULL");

#define SUMMARY(type, member) OFFSET_OF(struct message_summary, type, member)
#define FAILED(type, member)  OFFSET_OF(struct failed_message, type, member)

static const struct db_column summary_columns[] = {
	{ "waiting", DB_INTO_U64, SUMMARY(uint64_t, waiting) },
	{ "held_back", DB_INTO_U64, SUMMARY(uint64_t, delayed) },
	{ "dead", DB_INTO_U64, SUMMARY(uint64_t, dead) },
	{ "oldest", DB_INTO_TIME, SUMMARY(int64_t, oldest) },
	{ "retry_at", DB_INTO_TIME, SUMMARY(int64_t, retry_at) },
	{ "problem", DB_INTO_TEXT, SUMMARY(char *, problem) },
};

static const struct db_column failed_columns[] = {
	{ "build_id", DB_INTO_U64, FAILED(uint64_t, build_id) },
	{ "seq", DB_INTO_U32, FAILED(uint32_t, seq) },
	{ "msg_id", DB_INTO_TEXT, FAILED(char *, msg_id) },
	{ "tries", DB_INTO_U64, FAILED(uint64_t, tries) },
	{ "next_try_at", DB_INTO_TIME, FAILED(int64_t, next_try_at) },
	{ "dead_at", DB_INTO_TIME, FAILED(int64_t, dead_at) },
	{ "problem", DB_INTO_TEXT, FAILED(char *, problem) },
};

void message_summary_clear(struct message_summary *summary)
{
	g_free(summary->problem);
	*summary = (struct message_summary){ 0 };
}

static void failed_message_free(void *data)
{
	struct failed_message *message = data;

	g_free(message->msg_id);
	g_free(message->problem);
	g_free(message);
}

bool message_store_summary(struct db *db, struct message_summary *ret, GError **error)
{
	return db_select_one(db, summary_sql, DB_NO_ARGS, DB_COLUMNS(summary_columns), ret, error);
}

bool message_store_failed(struct db *db, uint64_t limit, GPtrArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(failed_columns), sizeof(struct failed_message),
					failed_message_free };

	return db_collect(db, failed_sql, DB_ARGS(DB_U64(limit)), &shape, ret, error);
}

bool message_store_again(struct db *db, const char *msg_id, uint64_t *ret_count, GError **error)
{
	return db_execute(db, again_sql, DB_ARGS(DB_TEXT(msg_id)), ret_count, NULL, error);
}

bool message_store_again_build(struct db *db, uint64_t build_id, uint64_t *ret_count,
			       GError **error)
{
	return db_execute(db, again_build_sql, DB_ARGS(DB_U64(build_id)), ret_count, NULL, error);
}

bool message_store_again_dead(struct db *db, uint64_t *ret_count, GError **error)
{
	return db_execute(db, again_dead_sql, DB_NO_ARGS, ret_count, NULL, error);
}

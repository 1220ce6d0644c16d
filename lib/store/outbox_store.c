/* SPDX-License-Identifier: MIT */
#include "store/db_internal.h"
#include "store/event_store.h"

static const char unsent_sql[] =
	SQL("SELECT id, build_id, seq, msg_id, topic, body FROM outbox WHERE sent_at IS NULL "
	    "ORDER BY build_id, seq LIMIT ?");

static const char mark_sent_sql[] =
	SQL("UPDATE outbox SET sent_at = UTC_TIMESTAMP(6) WHERE sent_at IS NULL AND id IN "
	    "(SELECT ids.id FROM " DB_ID_SET ")");

static const char count_try_sql[] =
	SQL("UPDATE outbox SET tries = tries + 1 WHERE id IN (SELECT ids.id FROM " DB_ID_SET ")");

/* The holder is decided first; the lease is prolonged only for whom it names then. */
static const char lease_sql[] = SQL(
	"INSERT INTO leases (name, holder, lease_until) "
	"VALUES ('outbox', ?, UTC_TIMESTAMP(6) + INTERVAL ? SECOND) ON DUPLICATE KEY UPDATE "
	"holder = CASE WHEN lease_until < UTC_TIMESTAMP(6) THEN VALUES(holder) ELSE holder END, "
	"lease_until = CASE WHEN holder = VALUES(holder) THEN VALUES(lease_until) ELSE lease_until END");

static const char is_ours_sql[] =
	SQL("SELECT EXISTS (SELECT 1 FROM leases WHERE name = 'outbox' AND holder = ? "
	    "AND lease_until > UTC_TIMESTAMP(6)) AS is_ours");

static const char unlease_sql[] = SQL(
	"UPDATE leases SET lease_until = UTC_TIMESTAMP(6) WHERE name = 'outbox' AND holder = ?");

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct outbox_row, uint64_t, id) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct outbox_row, uint64_t, build_id) },
	{ "seq", DB_INTO_U32, OFFSET_OF(struct outbox_row, uint32_t, seq) },
	{ "msg_id", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, msg_id) },
	{ "topic", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, topic) },
	{ "body", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, body) },
};

static const struct db_column is_ours_column[] = { { "is_ours", DB_INTO_BOOL, 0 } };

void outbox_row_free(struct outbox_row *row)
{
	if (!row)
		return;
	g_free(row->msg_id);
	g_free(row->topic);
	g_free(row->body);
	g_free(row);
}

static void outbox_row_destroy(void *data)
{
	outbox_row_free(data);
}

bool outbox_store_unsent(struct db *db, uint64_t limit, GPtrArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct outbox_row),
					outbox_row_destroy };

	return db_collect(db, unsent_sql, DB_ARGS(DB_U64(limit)), &shape, ret, error);
}

static bool update_set(struct db *db, const char *sql, const uint64_t *ids, size_t count,
		       GError **error)
{
	g_autofree char *set = db_id_set(ids, count);

	return !count || db_execute(db, sql, DB_ARGS(DB_TEXT(set)), NULL, NULL, error);
}

bool outbox_store_mark_sent(struct db *db, const uint64_t *ids, size_t count, GError **error)
{
	return update_set(db, mark_sent_sql, ids, count, error);
}

bool outbox_store_count_try(struct db *db, const uint64_t *ids, size_t count, GError **error)
{
	return update_set(db, count_try_sql, ids, count, error);
}

bool outbox_store_lease(struct db *db, const char *holder, uint64_t seconds, bool *ret_is_ours,
			GError **error)
{
	return db_execute(db, lease_sql, DB_ARGS(DB_TEXT(holder), DB_U64(seconds)), NULL, NULL,
			  error) &&
	       db_select_one(db, is_ours_sql, DB_ARGS(DB_TEXT(holder)), DB_COLUMNS(is_ours_column),
			     ret_is_ours, error);
}

bool outbox_store_unlease(struct db *db, const char *holder, GError **error)
{
	return db_execute(db, unlease_sql, DB_ARGS(DB_TEXT(holder)), NULL, NULL, error);
}

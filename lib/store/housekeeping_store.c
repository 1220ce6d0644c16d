/* SPDX-License-Identifier: MIT */
#include "store/housekeeping_store.h"

static const char expire_outbox_sql[] =
	SQL("DELETE FROM outbox WHERE sent_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND LIMIT ?");

static const char expire_keys_sql[] = SQL(
	"DELETE FROM idempotency_keys WHERE created_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND LIMIT ?");

static const char expire_deliveries_sql[] =
	SQL("DELETE FROM deliveries WHERE at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND LIMIT ?");

/*
 * States 0 to 2 are init, wait and build; 4 is failed. Claims that are due, held or set aside are
 * left alone, so that a quiet database stays as it is.
 */
static const char wake_old_sql[] = SQL(
	"UPDATE claims SET due_at = UTC_TIMESTAMP(6) "
	"WHERE (due_at IS NULL OR due_at > UTC_TIMESTAMP(6) + INTERVAL 3600 SECOND) "
	"AND lease_until IS NULL AND quarantined_at IS NULL AND build_id IN (SELECT old.id FROM "
	"(SELECT b.id FROM builds AS b JOIN claims AS c ON c.build_id = b.id "
	"WHERE ((b.state IN (0, 1, 2) AND b.modified_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND) "
	"OR (b.state = 4 AND b.modified_at < UTC_TIMESTAMP(6) - INTERVAL ? SECOND)) "
	"AND (c.due_at IS NULL OR c.due_at > UTC_TIMESTAMP(6) + INTERVAL 3600 SECOND) "
	"AND c.lease_until IS NULL AND c.quarantined_at IS NULL LIMIT ?) AS old)");

static const char now_sql[] = SQL("SELECT UTC_TIMESTAMP(6) AS now");

static const struct db_column now_column[] = { { "now", DB_INTO_TIME, 0 } };

static bool expire(struct db *db, const char *sql, uint64_t age, uint64_t limit, uint64_t *removed,
		   GError **error)
{
	uint64_t changed;

	if (!db_execute(db, sql, DB_ARGS(DB_U64(age), DB_U64(limit)), &changed, NULL, error))
		return false;
	*removed += changed;
	return true;
}

bool housekeeping_store_expire(struct db *db, const struct expiry *expiry, uint64_t *ret_removed,
			       GError **error)
{
	uint64_t removed = 0;

	if (!expire(db, expire_outbox_sql, expiry->outbox_age, expiry->limit, &removed, error) ||
	    !expire(db, expire_keys_sql, expiry->idempotency_age, expiry->limit, &removed, error) ||
	    !expire(db, expire_deliveries_sql, expiry->delivery_age, expiry->limit, &removed,
		    error))
		return false;
	*ret_removed = removed;
	return true;
}

bool housekeeping_store_wake_old(struct db *db, uint64_t stuck_age, uint64_t stale_age,
				 uint64_t limit, GError **error)
{
	return db_execute(db, wake_old_sql,
			  DB_ARGS(DB_U64(stuck_age), DB_U64(stale_age), DB_U64(limit)), NULL, NULL,
			  error);
}

bool clock_store_now(struct db *db, int64_t *ret, GError **error)
{
	return db_select_one(db, now_sql, DB_NO_ARGS, DB_COLUMNS(now_column), ret, error);
}

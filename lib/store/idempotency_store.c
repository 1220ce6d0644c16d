/* SPDX-License-Identifier: MIT */
#include "store/misc_store.h"

static const char find_sql[] = SQL("SELECT digest, status, location, body FROM idempotency_keys "
				   "WHERE caller = ? AND idem_key = ?");

static const char insert_sql[] = SQL(
	"INSERT INTO idempotency_keys (caller, idem_key, digest, status, location, body, created_at) "
	"VALUES (?, ?, ?, ?, COALESCE(?, ''), COALESCE(?, ''), UTC_TIMESTAMP(6))");

static const struct db_column columns[] = {
	{ "digest", DB_INTO_TEXT, OFFSET_OF(struct idempotency, char *, digest) },
	{ "status", DB_INTO_U32, OFFSET_OF(struct idempotency, uint32_t, status) },
	{ "location", DB_INTO_TEXT, OFFSET_OF(struct idempotency, char *, location) },
	{ "body", DB_INTO_TEXT, OFFSET_OF(struct idempotency, char *, body) },
};

void idempotency_clear(struct idempotency *answer)
{
	g_free(answer->digest);
	g_free(answer->location);
	g_free(answer->body);
	*answer = (struct idempotency){ 0 };
}

bool idempotency_store_find(struct db *db, const char *caller, const char *key,
			    struct idempotency *ret, GError **error)
{
	struct idempotency answer = { 0 };

	if (!db_select_one(db, find_sql, DB_ARGS(DB_TEXT(caller), DB_TEXT(key)),
			   DB_COLUMNS(columns), &answer, error))
		return false;
	*ret = answer;
	return true;
}

bool idempotency_store_insert(struct db *db, const char *caller, const char *key,
			      const struct idempotency *answer, GError **error)
{
	return db_execute(db, insert_sql,
			  DB_ARGS(DB_TEXT(caller), DB_TEXT(key), DB_TEXT(answer->digest),
				  DB_U64(answer->status), DB_TEXT(answer->location),
				  DB_TEXT(answer->body)),
			  NULL, NULL, error);
}

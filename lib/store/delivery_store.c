/* SPDX-License-Identifier: MIT */
#include "store/delivery_store.h"

#include "store/db_internal.h"

#define WIDTH 7

static const char insert_sql[] =
	SQL("INSERT INTO deliveries (event_no, build_id, receiver, status, milliseconds, "
	    "is_accepted, answer, at) VALUES (?, ?, LEFT(?, 255), ?, ?, ?, LEFT(?, 1024), "
	    "UTC_TIMESTAMP(6))");

static const char of_build_sql[] = SQL(
	"SELECT id, event_no, build_id, receiver, status, milliseconds, is_accepted, answer, at "
	"FROM deliveries WHERE build_id = ? ORDER BY id DESC LIMIT ?");

static const char newest_sql[] = SQL(
	"SELECT id, event_no, build_id, receiver, status, milliseconds, is_accepted, answer, at "
	"FROM deliveries ORDER BY id DESC LIMIT ?");

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct delivery, uint64_t, id) },
	{ "event_no", DB_INTO_U64, OFFSET_OF(struct delivery, uint64_t, event_no) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct delivery, uint64_t, build_id) },
	{ "receiver", DB_INTO_TEXT, OFFSET_OF(struct delivery, char *, receiver) },
	{ "status", DB_INTO_U32, OFFSET_OF(struct delivery, unsigned, status) },
	{ "milliseconds", DB_INTO_U32, OFFSET_OF(struct delivery, unsigned, milliseconds) },
	{ "is_accepted", DB_INTO_BOOL, OFFSET_OF(struct delivery, bool, is_accepted) },
	{ "answer", DB_INTO_TEXT, OFFSET_OF(struct delivery, char *, answer) },
	{ "at", DB_INTO_TIME, OFFSET_OF(struct delivery, int64_t, at) },
};

void delivery_free(struct delivery *delivery)
{
	if (!delivery)
		return;
	g_free(delivery->receiver);
	g_free(delivery->answer);
	g_free(delivery);
}

static void free_one(void *data)
{
	delivery_free(data);
}

bool delivery_store_insert(struct db *db, const struct delivery *deliveries, size_t count,
			   GError **error)
{
	g_autofree struct db_value *values = g_new0(struct db_value, count * WIDTH);
	const struct db_matrix rows = { values, count, WIDTH };
	g_auto(DbWork) work = { 0 };

	if (count == 0)
		return true;
	for (size_t i = 0; i < count; i++) {
		const struct delivery *delivery = &deliveries[i];
		struct db_value *value = &values[i * WIDTH];

		*value++ = DB_U64(delivery->event_no);
		*value++ = DB_U64(delivery->build_id);
		*value++ = DB_TEXT(delivery->receiver);
		*value++ = DB_U64(delivery->status);
		*value++ = DB_U64(delivery->milliseconds);
		*value++ = DB_U64(delivery->is_accepted);
		*value = DB_TEXT(delivery->answer ? delivery->answer : "");
	}
	return db_begin(db, &work, error) && db_execute_many(db, insert_sql, rows, NULL, error) &&
	       db_commit(&work, error);
}

bool delivery_store_list(struct db *db, uint64_t build_id, uint64_t limit, GPtrArray **ret,
			 GError **error)
{
	static const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct delivery),
					       free_one };

	if (build_id)
		return db_collect(db, of_build_sql, DB_ARGS(DB_U64(build_id), DB_U64(limit)),
				  &shape, ret, error);
	return db_collect(db, newest_sql, DB_ARGS(DB_U64(limit)), &shape, ret, error);
}

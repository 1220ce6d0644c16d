/* SPDX-License-Identifier: MIT */
#include "store/outbox_store.h"

#include "store/db_internal.h"

/* Waits double from a second to these. */
#define REST_MAX   60
#define AGAIN_MAX  600
#define JITTER_SQL "(0.8 + 0.4 * RAND())"

/* The first of each build, when it may go. */
#define HEADS_SQL                                                                                  \
	"FROM outbox AS o WHERE o.sent_at IS NULL AND o.dead_at IS NULL AND o.event_no > 0 "       \
	"AND (o.next_try_at IS NULL OR o.next_try_at <= UTC_TIMESTAMP(6)) "                        \
	"AND NOT EXISTS (SELECT 1 FROM outbox AS p WHERE p.sent_at IS NULL "                       \
	"AND p.build_id = o.build_id AND p.seq < o.seq AND p.dead_at IS NULL) "

static const char look_sql[] =
	SQL("SELECT holder, lease_until > UTC_TIMESTAMP(6) AS is_held, "
	    "COALESCE(retry_at > UTC_TIMESTAMP(6), FALSE) AS is_resting, failures, "
	    "EXISTS (SELECT 1 FROM outbox WHERE event_no IS NULL) AS is_unnumbered, "
	    "EXISTS (SELECT 1 " HEADS_SQL ") AS is_due FROM leases WHERE name = 'outbox'");

/* Whoever has it locked is busy with it, or frozen: nobody waits for him. */
static const char lock_sql[] =
	SQL("SELECT name FROM leases WHERE name = 'outbox' FOR UPDATE SKIP LOCKED");

static const char take_sql[] =
	SQL("UPDATE leases SET holder = ?, lease_until = UTC_TIMESTAMP(6) + INTERVAL ? SECOND "
	    "WHERE name = 'outbox' AND (holder = ? OR holder = ? "
	    "OR lease_until <= UTC_TIMESTAMP(6))");

static const char give_back_sql[] =
	SQL("UPDATE leases SET holder = '', lease_until = UTC_TIMESTAMP(6) "
	    "WHERE name = 'outbox' AND holder = ?");

static const char fence_sql[] = SQL("SELECT name FROM leases WHERE name = 'outbox' AND holder = ? "
				    "AND lease_until > UTC_TIMESTAMP(6) FOR UPDATE");

/* Numbers up to the writer's base may have been seen with events that are lost. */
static const char last_sql[] =
	SQL("SELECT GREATEST(COALESCE(MAX(event_no), 0), "
	    "COALESCE((SELECT event_base FROM writer), 0)) AS last FROM events");

static const char number_sql[] =
	SQL("INSERT INTO events (event_no, build_id, seq, name, owner, msg_id, body, at) "
	    "SELECT ? + ROW_NUMBER() OVER (ORDER BY o.id), o.build_id, o.seq, b.name, b.owner, "
	    "o.msg_id, o.body, o.created_at FROM (SELECT id, build_id, seq, msg_id, body, "
	    "created_at FROM outbox WHERE event_no IS NULL ORDER BY id LIMIT ?) AS o "
	    "JOIN builds AS b ON b.id = o.build_id");

static const char note_numbers_sql[] =
	SQL("UPDATE outbox AS o JOIN events AS e ON e.build_id = o.build_id AND e.seq = o.seq "
	    "SET o.event_no = e.event_no WHERE e.event_no > ?");

static const char wave_sql[] = SQL(
	"SELECT h.id, h.build_id, h.event_no, h.seq, h.refusals, t.to_state, h.msg_id, h.topic, "
	"h.body, b.name, b.owner, h.created_at FROM (SELECT o.id, o.build_id, o.event_no, o.seq, "
	"o.refusals, o.msg_id, o.topic, o.body, o.created_at " HEADS_SQL
	"ORDER BY o.event_no LIMIT ?) AS h "
	"JOIN builds AS b ON b.id = h.build_id "
	"JOIN trace AS t ON t.build_id = h.build_id AND t.seq = h.seq ORDER BY h.event_no");

static const char mark_sent_sql[] =
	SQL("UPDATE outbox SET sent_at = UTC_TIMESTAMP(6), problem = NULL WHERE sent_at IS NULL "
	    "AND id IN (SELECT ids.id FROM " DB_ID_SET ")");

/* Assignments run from left to right: tries is the new one. */
static const char fail_sql[] = SQL(
	"UPDATE outbox SET tries = tries + 1, refusals = refusals + ?, problem = LEFT(?, 1000), "
	"dead_at = CASE WHEN ? THEN UTC_TIMESTAMP(6) END, "
	"next_try_at = UTC_TIMESTAMP(6) + INTERVAL "
	"LEAST(" G_STRINGIFY(AGAIN_MAX) ", POW(2, LEAST(tries, 16)) / 2) * " JITTER_SQL " SECOND "
					"WHERE id = ? AND sent_at IS NULL");

static const char rest_sql[] =
	SQL("UPDATE leases SET failures = failures + 1, problem = LEFT(?, 1000), "
	    "retry_at = UTC_TIMESTAMP(6) + INTERVAL "
	    "LEAST(" G_STRINGIFY(REST_MAX) ", POW(2, LEAST(failures, 16)) / 2) SECOND "
					   "WHERE name = 'outbox' AND holder = ?");

static const char recover_sql[] =
	SQL("UPDATE leases SET failures = 0, retry_at = NULL, problem = NULL "
	    "WHERE name = 'outbox' AND holder = ?");

static const struct db_column look_columns[] = {
	{ "holder", DB_INTO_TEXT, OFFSET_OF(struct outbox_look, char *, holder) },
	{ "is_held", DB_INTO_BOOL, OFFSET_OF(struct outbox_look, bool, is_held) },
	{ "is_resting", DB_INTO_BOOL, OFFSET_OF(struct outbox_look, bool, is_resting) },
	{ "failures", DB_INTO_U32, OFFSET_OF(struct outbox_look, uint32_t, failures) },
	{ "is_unnumbered", DB_INTO_BOOL, OFFSET_OF(struct outbox_look, bool, is_unnumbered) },
	{ "is_due", DB_INTO_BOOL, OFFSET_OF(struct outbox_look, bool, is_due) },
};

static const struct db_column name_column[] = { { "name", DB_INTO_TEXT, 0 } };
static const struct db_column last_column[] = { { "last", DB_INTO_U64, 0 } };

static const struct db_column columns[] = {
	{ "id", DB_INTO_U64, OFFSET_OF(struct outbox_row, uint64_t, id) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct outbox_row, uint64_t, build_id) },
	{ "event_no", DB_INTO_U64, OFFSET_OF(struct outbox_row, uint64_t, event_no) },
	{ "seq", DB_INTO_U32, OFFSET_OF(struct outbox_row, uint32_t, seq) },
	{ "refusals", DB_INTO_U64, OFFSET_OF(struct outbox_row, uint64_t, refusals) },
	{ "to_state", DB_INTO_INT, OFFSET_OF(struct outbox_row, int, state) },
	{ "msg_id", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, msg_id) },
	{ "topic", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, topic) },
	{ "body", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, body) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, name) },
	{ "owner", DB_INTO_TEXT, OFFSET_OF(struct outbox_row, char *, owner) },
	{ "created_at", DB_INTO_TIME, OFFSET_OF(struct outbox_row, int64_t, at) },
};

void outbox_look_clear(struct outbox_look *look)
{
	g_free(look->holder);
	*look = (struct outbox_look){ 0 };
}

void outbox_row_free(struct outbox_row *row)
{
	if (!row)
		return;
	g_free(row->msg_id);
	g_free(row->topic);
	g_free(row->body);
	g_free(row->name);
	g_free(row->owner);
	g_free(row);
}

static void outbox_row_destroy(void *data)
{
	outbox_row_free(data);
}

bool outbox_store_look(struct db *db, struct outbox_look *ret, GError **error)
{
	return db_select_one(db, look_sql, DB_NO_ARGS, DB_COLUMNS(look_columns), ret, error);
}

/* Whether a statement that locks the lease's row found it. */
static bool lock_lease(struct db *db, const char *sql, struct db_args args, bool *ret,
		       GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	g_autofree char *name = NULL;
	int got;

	if (!db_select(db, sql, args, DB_COLUMNS(name_column), &rows, error))
		return false;
	got = db_next(rows, &name, error);
	*ret = got > 0;
	return got >= 0;
}

struct taking {
	const char *holder, *gone;
	uint64_t seconds;
	bool is_ours;
};

static bool take(struct db *db, void *data, GError **error)
{
	struct taking *taking = data;
	uint64_t changed = 0;

	if (!lock_lease(db, lock_sql, DB_NO_ARGS, &taking->is_ours, error))
		return false;
	if (!taking->is_ours)
		return true;
	if (!db_execute(db, take_sql,
			DB_ARGS(DB_TEXT(taking->holder), DB_U64(taking->seconds),
				DB_TEXT(taking->holder), DB_TEXT(taking->gone)),
			&changed, NULL, error))
		return false;
	taking->is_ours = changed > 0;
	return true;
}

bool outbox_store_take(struct db *db, const char *holder, const char *gone, uint64_t seconds,
		       bool *ret_is_ours, GError **error)
{
	struct taking taking = { holder, gone ? gone : holder, seconds, false };

	if (!db_transact(db, take, &taking, error))
		return false;
	*ret_is_ours = taking.is_ours;
	return true;
}

bool outbox_store_give_back(struct db *db, const char *holder, GError **error)
{
	return db_execute(db, give_back_sql, DB_ARGS(DB_TEXT(holder)), NULL, NULL, error);
}

struct numbering {
	const char *holder;
	uint64_t limit, count;
	bool is_ours;
};

static bool number(struct db *db, void *data, GError **error)
{
	struct numbering *numbering = data;
	uint64_t last;

	numbering->count = 0;
	if (!lock_lease(db, fence_sql, DB_ARGS(DB_TEXT(numbering->holder)), &numbering->is_ours,
			error))
		return false;
	if (!numbering->is_ours)
		return true;
	return db_select_one(db, last_sql, DB_NO_ARGS, DB_COLUMNS(last_column), &last, error) &&
	       db_execute(db, number_sql, DB_ARGS(DB_U64(last), DB_U64(numbering->limit)),
			  &numbering->count, NULL, error) &&
	       db_execute(db, note_numbers_sql, DB_ARGS(DB_U64(last)), NULL, NULL, error);
}

bool outbox_store_number(struct db *db, const char *holder, uint64_t limit, uint64_t *ret_count,
			 bool *ret_is_ours, GError **error)
{
	struct numbering numbering = { .holder = holder, .limit = limit };

	if (!db_transact(db, number, &numbering, error))
		return false;
	*ret_count = numbering.count;
	*ret_is_ours = numbering.is_ours;
	return true;
}

bool outbox_store_wave(struct db *db, uint64_t limit, GPtrArray **ret, GError **error)
{
	const struct db_shape shape = { DB_COLUMNS(columns), sizeof(struct outbox_row),
					outbox_row_destroy };

	return db_collect(db, wave_sql, DB_ARGS(DB_U64(limit)), &shape, ret, error);
}

bool outbox_store_mark_sent(struct db *db, const uint64_t *ids, size_t count, GError **error)
{
	g_autofree char *set = db_id_set(ids, count);

	return !count || db_execute(db, mark_sent_sql, DB_ARGS(DB_TEXT(set)), NULL, NULL, error);
}

#define WIDTH 4 /* arguments of a failure */

struct failing {
	const struct db_value *values;
	size_t count;
};

static bool fail_all(struct db *db, void *data, GError **error)
{
	const struct failing *failing = data;
	const struct db_matrix rows = { failing->values, failing->count, WIDTH };

	return db_execute_many(db, fail_sql, rows, NULL, error);
}

bool outbox_store_fail(struct db *db, const struct outbox_failure *failures, size_t count,
		       GError **error)
{
	g_autofree struct db_value *values = g_new(struct db_value, WIDTH * count + 1);
	struct failing failing = { values, count };

	for (size_t i = 0; i < count; i++) {
		struct db_value *value = &values[WIDTH * i];

		*value++ = DB_U64(failures[i].is_refused);
		*value++ = DB_TEXT(failures[i].problem ? failures[i].problem : "");
		*value++ = DB_U64(failures[i].is_dead);
		*value = DB_U64(failures[i].id);
	}
	return !count || db_transact(db, fail_all, &failing, error);
}

bool outbox_store_rest(struct db *db, const char *holder, const char *problem, GError **error)
{
	return db_execute(db, rest_sql, DB_ARGS(DB_TEXT(problem), DB_TEXT(holder)), NULL, NULL,
			  error);
}

bool outbox_store_recover(struct db *db, const char *holder, GError **error)
{
	return db_execute(db, recover_sql, DB_ARGS(DB_TEXT(holder)), NULL, NULL, error);
}

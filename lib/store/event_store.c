/* SPDX-License-Identifier: MIT */
#include "store/event_store.h"

#include <inttypes.h>

#include "model/message.h"

static const char insert_trace_sql[] =
	SQL("INSERT INTO trace (build_id, seq, gen, from_state, to_state, reason, actor, at) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?, UTC_TIMESTAMP(6))");

static const char insert_outbox_sql[] =
	SQL("INSERT INTO outbox (build_id, seq, msg_id, topic, body, created_at) "
	    "VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(6))");

static const char select_sql[] =
	SQL("SELECT seq, from_state, to_state, reason, actor, at FROM trace "
	    "WHERE build_id = ? ORDER BY seq");

static const struct db_column columns[] = {
	{ "seq", DB_INTO_U32, OFFSET_OF(struct trace_row, uint32_t, seq) },
	{ "from_state", DB_INTO_INT, OFFSET_OF(struct trace_row, int, from_state) },
	{ "to_state", DB_INTO_INT, OFFSET_OF(struct trace_row, int, to_state) },
	{ "reason", DB_INTO_TEXT, OFFSET_OF(struct trace_row, char *, reason) },
	{ "actor", DB_INTO_TEXT, OFFSET_OF(struct trace_row, char *, actor) },
	{ "at", DB_INTO_TIME, OFFSET_OF(struct trace_row, int64_t, at) },
};

static bool insert_trace(struct db *db, const struct event *event, GError **error)
{
	const struct build *build = event->build;

	return db_execute(db, insert_trace_sql,
			  DB_ARGS(DB_U64(build->id), DB_U64(build->event_seq), DB_U64(build->gen),
				  event->from_state < 0 ? DB_NULL : DB_I64(event->from_state),
				  DB_U64(build->state), DB_TEXT(event->reason ? event->reason : ""),
				  DB_TEXT(event->actor)),
			  NULL, NULL, error);
}

static bool insert_outbox(struct db *db, const struct event *event, GError **error)
{
	return db_execute(db, insert_outbox_sql,
			  DB_ARGS(DB_U64(event->build->id), DB_U64(event->build->event_seq),
				  DB_TEXT(event->msg_id), DB_TEXT(MESSAGE_TOPIC_STATE),
				  DB_TEXT(event->body)),
			  NULL, NULL, error);
}

bool event_store_insert(struct db *db, const struct event *event, GError **error)
{
	if (insert_trace(db, event, error) && insert_outbox(db, event, error))
		return true;
	g_prefix_error(error, "event %" PRIu32 " of build %" PRIu64 ": ", event->build->event_seq,
		       event->build->id);
	return false;
}

void trace_row_clear(struct trace_row *row)
{
	g_free(row->reason);
	g_free(row->actor);
	*row = (struct trace_row){ 0 };
}

bool trace_store_select(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error)
{
	return db_select(db, select_sql, DB_ARGS(DB_U64(build_id)), DB_COLUMNS(columns), ret,
			 error);
}

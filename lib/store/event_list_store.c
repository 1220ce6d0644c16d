/* SPDX-License-Identifier: MIT */
#include "store/event_list_store.h"

#include "store/db_internal.h"

/* A reader may be slow while its rows stream; which rows they are is found by an index. */
static const char messages_sql[] =
	SQL("SET STATEMENT max_statement_time = 30 FOR SELECT e.event_no, e.msg_id, e.at, e.body, "
	    "(SELECT MAX(event_no) FROM events) AS newest FROM events AS e");

static const char facts_sql[] =
	SQL("SELECT e.event_no, e.msg_id, e.at, e.build_id, e.name, b.stream, b.version, e.owner, "
	    "t.to_state, t.reason FROM events AS e");
static const char facts_join[] =
	SQL(" STRAIGHT_JOIN builds AS b ON b.id = e.build_id "
	    "LEFT JOIN trace AS t ON t.build_id = e.build_id AND t.seq = e.seq");

static const char newest_sql[] = SQL("SELECT COALESCE(MAX(event_no), 0) AS newest FROM events");

/* The numbers of one build are in the order of its changes. */
struct event_choice {
	const char *index;
	const char *condition;
	const char *order;
};
static const struct event_choice choices[] = {
	[EVENTS_OF_ALL] = { SQL(" FORCE INDEX (PRIMARY)"), SQL(" WHERE "),
			    SQL(" ORDER BY e.event_no") },
	[EVENTS_OF_MODULE] = { SQL(" FORCE INDEX (events_name)"), SQL(" WHERE e.name = ? AND "),
			       SQL(" ORDER BY e.event_no") },
	[EVENTS_OF_OWNER] = { SQL(" FORCE INDEX (events_owner)"), SQL(" WHERE e.owner = ? AND "),
			      SQL(" ORDER BY e.event_no") },
	[EVENTS_OF_BUILD] = { SQL(" FORCE INDEX (events_seq)"), SQL(" WHERE e.build_id = ? AND "),
			      SQL(" ORDER BY e.seq") },
};

static const struct db_column message_columns[] = {
	{ "event_no", DB_INTO_U64, OFFSET_OF(struct event_message, uint64_t, event_no) },
	{ "msg_id", DB_INTO_TEXT, OFFSET_OF(struct event_message, char *, msg_id) },
	{ "at", DB_INTO_TIME, OFFSET_OF(struct event_message, int64_t, at) },
	{ "body", DB_INTO_TEXT, OFFSET_OF(struct event_message, char *, body) },
	{ "newest", DB_INTO_U64, OFFSET_OF(struct event_message, uint64_t, newest) },
};
static const struct db_column fact_columns[] = {
	{ "event_no", DB_INTO_U64, OFFSET_OF(struct event_facts, uint64_t, event_no) },
	{ "msg_id", DB_INTO_TEXT, OFFSET_OF(struct event_facts, char *, msg_id) },
	{ "at", DB_INTO_TIME, OFFSET_OF(struct event_facts, int64_t, at) },
	{ "build_id", DB_INTO_U64, OFFSET_OF(struct event_facts, uint64_t, build_id) },
	{ "name", DB_INTO_TEXT, OFFSET_OF(struct event_facts, char *, name) },
	{ "stream", DB_INTO_TEXT, OFFSET_OF(struct event_facts, char *, stream) },
	{ "version", DB_INTO_U64, OFFSET_OF(struct event_facts, uint64_t, version) },
	{ "owner", DB_INTO_TEXT, OFFSET_OF(struct event_facts, char *, owner) },
	{ "to_state", DB_INTO_INT, OFFSET_OF(struct event_facts, int, state) },
	{ "reason", DB_INTO_TEXT, OFFSET_OF(struct event_facts, char *, reason) },
};
static const struct db_column newest_column[] = { { "newest", DB_INTO_U64, 0 } };

void event_message_clear(struct event_message *message)
{
	g_free(message->msg_id);
	g_free(message->body);
	*message = (struct event_message){ 0 };
}

static void facts_free(void *data)
{
	struct event_facts *facts = data;

	g_free(facts->msg_id);
	g_free(facts->name);
	g_free(facts->stream);
	g_free(facts->owner);
	g_free(facts->reason);
	g_free(facts);
}

/* A statement with the values for its question marks. */
struct event_select {
	GString *sql;
	struct db_value values[3];
	struct db_args args;
};

static void select_init(struct event_select *select, const char *head)
{
	*select = (struct event_select){ .sql = g_string_new(head) };
}

static void select_clear(struct event_select *select)
{
	g_string_free(select->sql, TRUE);
}
typedef struct event_select EventSelect;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(EventSelect, select_clear)

static void select_where(struct event_select *select, const struct event_filter *filter,
			 const struct event_page *page)
{
	const size_t skipped = filter->by == EVENTS_OF_ALL ? 1 : 0;

	g_string_append(select->sql, choices[filter->by].condition);
	g_string_append(select->sql, page->is_descending ? "e.event_no < ?" : "e.event_no > ?");
	g_string_append(select->sql, choices[filter->by].order);
	g_string_append(select->sql, page->is_descending ? " DESC LIMIT ?" : " LIMIT ?");
	select->values[0] =
		filter->by == EVENTS_OF_BUILD ? DB_U64(filter->build_id) : DB_TEXT(filter->text);
	select->values[1] = DB_U64(page->edge);
	select->values[2] = DB_U64(page->limit);
	select->args = (struct db_args){ select->values + skipped,
					 G_N_ELEMENTS(select->values) - skipped };
}

bool event_list_store_messages(struct db *db, const struct event_filter *filter,
			       const struct event_page *page, struct db_rows **ret, GError **error)
{
	g_auto(EventSelect) select = { 0 };

	select_init(&select, messages_sql);
	g_string_append(select.sql, choices[filter->by].index);
	select_where(&select, filter, page);
	return db_select(db, select.sql->str, select.args, DB_COLUMNS(message_columns), ret, error);
}

bool event_list_store_facts(struct db *db, const struct event_filter *filter,
			    const struct event_page *page, GPtrArray **ret, GError **error)
{
	static const struct db_shape shape = { DB_COLUMNS(fact_columns), sizeof(struct event_facts),
					       facts_free };
	g_auto(EventSelect) select = { 0 };

	select_init(&select, facts_sql);
	g_string_append(select.sql, choices[filter->by].index);
	g_string_append(select.sql, facts_join);
	select_where(&select, filter, page);
	return db_collect(db, select.sql->str, select.args, &shape, ret, error);
}

bool event_list_store_newest(struct db *db, uint64_t *ret, GError **error)
{
	return db_select_one(db, newest_sql, DB_NO_ARGS, DB_COLUMNS(newest_column), ret, error);
}

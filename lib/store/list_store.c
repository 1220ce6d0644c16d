/* SPDX-License-Identifier: MIT */
#include "store/list_store.h"

#include "base/error.h"
#include "store/build_columns.h"

/* Counting stops here: a number beyond it is only known as "more". */
#define COUNT_CAP 10000

#define VIEW_SELECT   ", COALESCE(v.gen, 0) AS view_gen, v.tasks"
#define NO_VIEW       ", 0 AS view_gen, NULL AS tasks"
#define PROGRESS_NONE ", 0 AS components, 0 AS complete"
#define VIEW_JOIN     " LEFT JOIN build_views AS v ON v.build_id = b.id"

static const char find_sql[] = SQL("SELECT " BUILD_SELECT VIEW_SELECT PROGRESS_NONE
				   " FROM builds AS b" VIEW_JOIN " WHERE b.id = ?");

/* The ids of the page are found over an index alone; only its rows are read in full. */
static const char list_with_tasks[] =
	SQL("SELECT " BUILD_SELECT VIEW_SELECT PROGRESS_NONE " FROM ");
static const char list_without_tasks[] = SQL("SELECT " BUILD_SELECT NO_VIEW PROGRESS_NONE " FROM ");
static const char page_ids[] = SQL("(SELECT id FROM builds");
static const char page_join[] = SQL(") AS page STRAIGHT_JOIN builds AS b ON b.id = page.id");
static const char page_limit[] = SQL(" LIMIT ? OFFSET ?");
static const char all_rows[] = SQL("builds AS b");

static const char count_head[] = SQL("SELECT COUNT(*) AS number FROM (SELECT 1 FROM builds");
static const char count_tail[] = SQL(" LIMIT ?) AS some");

static const char counter_sql[] = SQL("SELECT value FROM counters WHERE name = ?");

static const struct db_column columns[] = {
	BUILD_FIELDS{ "view_gen", DB_INTO_U64, OFFSET_OF(struct build_row, uint64_t, view_gen) },
	{ "tasks", DB_INTO_TEXT, OFFSET_OF(struct build_row, char *, tasks) },
	{ "components", DB_INTO_U64, OFFSET_OF(struct build_row, uint64_t, components) },
	{ "complete", DB_INTO_U64, OFFSET_OF(struct build_row, uint64_t, complete) },
};
G_STATIC_ASSERT(offsetof(struct build_row, build) == 0);

static const struct db_column number_column[] = { { "number", DB_INTO_U64, 0 } };

static const char *const state_counters[BUILD_STATE__COUNT] = {
	[BUILD_INIT] = "state_init",       [BUILD_WAIT] = "state_wait",
	[BUILD_BUILD] = "state_build",     [BUILD_DONE] = "state_done",
	[BUILD_FAILED] = "state_failed",   [BUILD_READY] = "state_ready",
	[BUILD_GARBAGE] = "state_garbage",
};

/* A filter is a row here: its condition, and where its value is. */
enum term_kind { TERM_STATE, TERM_TEXT, TERM_TIME };
struct term {
	enum term_kind kind;
	size_t offset; /* into struct build_filter */
	const char *condition;
};

#define TERM(kind, type, member, condition)                                                        \
	{                                                                                          \
		kind, OFFSET_OF(struct build_filter, type, member), SQL(condition)                 \
	}

static const struct term terms[] = {
	TERM(TERM_STATE, int, state, "state = ?"),
	TERM(TERM_TEXT, const char *, owner, "owner = ?"),
	TERM(TERM_TEXT, const char *, name, "name = ?"),
	TERM(TERM_TEXT, const char *, stream, "stream = ?"),
	TERM(TERM_TIME, int64_t, submitted_before, "submitted_at <= ?"),
	TERM(TERM_TIME, int64_t, submitted_after, "submitted_at >= ?"),
	TERM(TERM_TIME, int64_t, modified_before, "modified_at <= ?"),
	TERM(TERM_TIME, int64_t, modified_after, "modified_at >= ?"),
	TERM(TERM_TIME, int64_t, completed_before, "completed_at <= ?"),
	TERM(TERM_TIME, int64_t, completed_after, "completed_at >= ?"),
};

/* A statement under construction: literals only, and the values for its question marks. */
struct query {
	GString *sql;
	GArray *values; /* struct db_value */
};

static void query_init(struct query *query, const char *head)
{
	query->sql = g_string_new(head);
	query->values = g_array_new(FALSE, FALSE, sizeof(struct db_value));
}

static void query_clear(struct query *query)
{
	g_string_free(query->sql, TRUE);
	g_array_free(query->values, TRUE);
}
typedef struct query Query;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Query, query_clear)

static void query_value(struct query *query, struct db_value value)
{
	g_array_append_vals(query->values, &value, 1);
}

static struct db_args query_args(const struct query *query)
{
	return (struct db_args){ (struct db_value *)(void *)query->values->data,
				 query->values->len };
}

/* The value of a filter; kind NULL when it is not set. */
static struct db_value term_value(const struct build_filter *filter, const struct term *term)
{
	const char *place = (const char *)filter + term->offset;

	switch (term->kind) {
	case TERM_STATE:
		return *(const int *)(const void *)place < 0
			       ? DB_NULL
			       : DB_I64(*(const int *)(const void *)place);
	case TERM_TEXT:
		return DB_TEXT(*(const char *const *)(const void *)place);
	case TERM_TIME:
		return DB_TIME(*(const int64_t *)(const void *)place);
	}
	g_assert_not_reached();
}

static void query_where(struct query *query, const struct build_filter *filter)
{
	const char *word = " WHERE ";

	for (size_t i = 0; i < G_N_ELEMENTS(terms); i++) {
		const struct db_value value = term_value(filter, &terms[i]);

		if (value.kind == DB_KIND_NULL)
			continue;
		g_string_append(query->sql, word);
		g_string_append(query->sql, terms[i].condition);
		query_value(query, value);
		word = " AND ";
	}
}

void build_row_clear(struct build_row *row)
{
	build_clear(&row->build);
	g_free(row->tasks);
	*row = (struct build_row){ 0 };
}

/* A page reads its ids first; the whole list streams in the order of the key. */
bool list_store_select(struct db *db, const struct build_filter *filter,
		       const struct build_page *page, struct db_rows **ret, GError **error)
{
	const char *order = page->is_descending ? " ORDER BY id DESC" : " ORDER BY id";
	const char *final = page->is_descending ? " ORDER BY b.id DESC" : " ORDER BY b.id";
	g_auto(Query) query = { 0 };

	query_init(&query, page->with_tasks ? list_with_tasks : list_without_tasks);
	if (!page->limit) {
		g_string_append(query.sql, all_rows);
		g_string_append(query.sql, page->with_tasks ? VIEW_JOIN : "");
		query_where(&query, filter);
		g_string_append(query.sql, order);
		return db_select(db, query.sql->str, query_args(&query), DB_COLUMNS(columns), ret,
				 error);
	}
	g_string_append(query.sql, page_ids);
	query_where(&query, filter);
	g_string_append(query.sql, order);
	g_string_append(query.sql, page_limit);
	query_value(&query, DB_U64(page->limit));
	query_value(&query, DB_U64(page->offset));
	g_string_append(query.sql, page_join);
	g_string_append(query.sql, page->with_tasks ? VIEW_JOIN : "");
	g_string_append(query.sql, final);
	return db_select(db, query.sql->str, query_args(&query), DB_COLUMNS(columns), ret, error);
}

/* The counter that answers for the filter; NULL: rows must be counted. */
static const char *counter_of(const struct build_filter *filter)
{
	for (size_t i = 0; i < G_N_ELEMENTS(terms); i++) {
		if (terms[i].kind != TERM_STATE &&
		    term_value(filter, &terms[i]).kind != DB_KIND_NULL)
			return NULL;
	}
	if (filter->state < 0)
		return "builds";
	g_assert(filter->state < BUILD_STATE__COUNT);
	return state_counters[filter->state];
}

static bool read_counter(struct db *db, const char *name, uint64_t *ret, GError **error)
{
	if (db_select_one(db, counter_sql, DB_ARGS(DB_TEXT(name)), DB_COLUMNS(number_column), ret,
			  error))
		return true;
	g_prefix_error(error, "counter \"%s\": ", name);
	return false;
}

bool list_store_count(struct db *db, const struct build_filter *filter, uint64_t *ret,
		      bool *ret_is_exact, GError **error)
{
	const char *counter = counter_of(filter);
	g_auto(Query) query = { 0 };
	uint64_t number;

	query_init(&query, count_head);
	if (counter) {
		*ret_is_exact = true;
		return read_counter(db, counter, ret, error);
	}
	query_where(&query, filter);
	g_string_append(query.sql, count_tail);
	query_value(&query, DB_U64(COUNT_CAP));
	if (!db_select_one(db, query.sql->str, query_args(&query), DB_COLUMNS(number_column),
			   &number, error))
		return false;
	*ret = number;
	*ret_is_exact = number < COUNT_CAP;
	return true;
}

bool list_store_changes(struct db *db, uint64_t *ret, GError **error)
{
	return read_counter(db, "changes", ret, error);
}

bool list_store_find(struct db *db, uint64_t id, struct build_row *ret, GError **error)
{
	struct build_row row = { 0 };

	if (!db_select_one(db, find_sql, DB_ARGS(DB_U64(id)), DB_COLUMNS(columns), &row, error)) {
		g_prefix_error(error, "build %" G_GUINT64_FORMAT ": ", id);
		return false;
	}
	*ret = row;
	return true;
}

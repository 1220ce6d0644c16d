/* SPDX-License-Identifier: MIT */
#include "store/list_store.h"

#include "base/error.h"
#include "store/build_columns.h"

/* Counting stops here: a number beyond it is only known as "more". */
#define COUNT_CAP 1000
/* Rows are skipped in full up to here; beyond, their ids are skipped over an index alone first. */
#define SKIP_ROWS 100

#define SELECT_BRIEF "SELECT b.id, b.state, b.gen"
#define SELECT_WHOLE "SELECT " BUILD_SELECT
#define SELECT_VIEW  ", v.gen AS view_gen, v.tasks"
#define FROM_ROWS    " FROM builds AS b"
#define FROM_PAGE    " FROM (SELECT id FROM builds"
#define JOIN_VIEW    " LEFT JOIN build_views AS v ON v.build_id = b.id"
#define JOIN_PAGE    ") AS page STRAIGHT_JOIN builds AS b ON b.id = page.id"

static const char *const selects[] = {
	[ROW_WHOLE] = SQL(SELECT_WHOLE),
	[ROW_BRIEF] = SQL(SELECT_BRIEF),
};
static const char *const finds[] = {
	[ROW_WHOLE] = SQL(SELECT_WHOLE SELECT_VIEW FROM_ROWS JOIN_VIEW " WHERE b.id = ?"),
	[ROW_BRIEF] = SQL(SELECT_BRIEF SELECT_VIEW FROM_ROWS JOIN_VIEW " WHERE b.id = ?"),
};
/* The whole list streams for as long as its reader takes; that is no dear question. */
static const char all_patience[] = SQL("SET STATEMENT max_statement_time = 30 FOR ");
static const char limit_sql[] = SQL(" LIMIT ? OFFSET ?");
static const char places_sql[] =
	SQL(" WHERE b.position > ? AND b.position <= ? ORDER BY b.position");

static const char counters_sql[] =
	SQL("SELECT c.value AS changes, n.value AS total FROM counters AS c "
	    "JOIN counters AS n ON n.name = ? WHERE c.name = 'changes'");
/* Without an order, for which the server would copy rows and texts into a table. */
#define SELECT_PLACED "SELECT b.id, b.state, b.gen, c.value AS changes, n.value AS total"
#define FROM_PLACED                                                                                \
	" FROM counters AS c JOIN counters AS n ON n.name = 'builds' "                             \
	"LEFT JOIN builds AS b ON b.position > ? AND b.position <= ?"
#define WHERE_PLACED " WHERE c.name = 'changes'"
static const char placed_sql[] = SQL(SELECT_PLACED FROM_PLACED WHERE_PLACED);
static const char placed_tasks_sql[] =
	SQL(SELECT_PLACED SELECT_VIEW FROM_PLACED JOIN_VIEW WHERE_PLACED);

static const char count_head[] =
	SQL("SELECT value AS changes, (SELECT COUNT(*) FROM (SELECT 1 FROM builds");
static const char count_tail[] =
	SQL(" LIMIT ?) AS some) AS total FROM counters WHERE name = 'changes'");

/* What a row shows of its stored tasks comes last, so that it can be left out. */
#define VIEW_FIELDS                                                                                \
	{ "view_gen", DB_INTO_U64, OFFSET_OF(struct build_row, uint64_t, view_gen) },              \
		{ "tasks", DB_INTO_TEXT, OFFSET_OF(struct build_row, char *, tasks) },
#define VIEW_WIDTH 2

#define BRIEF_FIELDS                                                                               \
	{ "id", DB_INTO_U64, OFFSET_OF(struct build_row, uint64_t, build.id) },                    \
		{ "state", DB_INTO_INT,                                                            \
		  OFFSET_OF(struct build_row, enum build_state, build.state) },                    \
		{ "gen", DB_INTO_U64, OFFSET_OF(struct build_row, uint64_t, build.gen) },

static const struct db_column whole_columns[] = { BUILD_FIELDS VIEW_FIELDS };
static const struct db_column brief_columns[] = { BRIEF_FIELDS VIEW_FIELDS };
static const struct db_column placed_columns[] = {
	BRIEF_FIELDS{ "changes", DB_INTO_U64,
		      OFFSET_OF(struct placed_row, uint64_t, summary.changes) },
	{ "total", DB_INTO_U64, OFFSET_OF(struct placed_row, uint64_t, summary.total) },
	VIEW_FIELDS
};
G_STATIC_ASSERT(offsetof(struct build_row, build) == 0);
G_STATIC_ASSERT(offsetof(struct placed_row, row) == 0);

static const struct db_column summary_columns[] = {
	{ "changes", DB_INTO_U64, OFFSET_OF(struct list_summary, uint64_t, changes) },
	{ "total", DB_INTO_U64, OFFSET_OF(struct list_summary, uint64_t, total) },
};

static const char *const state_counters[BUILD_STATE__COUNT] = {
	[BUILD_INIT] = "state_init",       [BUILD_WAIT] = "state_wait",
	[BUILD_BUILD] = "state_build",     [BUILD_DONE] = "state_done",
	[BUILD_FAILED] = "state_failed",   [BUILD_READY] = "state_ready",
	[BUILD_GARBAGE] = "state_garbage",
};

/*
 * A filter is a row here: its condition, where its value is, and the index that has its builds in
 * the order of their ids, with their state. The first filter that is asked for names the index, for
 * the server guesses badly under LIMIT: it takes the index of the state, or intersects two. Times
 * have an order of their own, so that the server shall choose when one is asked for.
 */
enum term_kind { TERM_STATE, TERM_TEXT, TERM_TIME };
struct term {
	enum term_kind kind;
	size_t offset; /* into struct build_filter */
	const char *condition;
	const char *index;
};

#define TERM(kind, type, member, condition, index)                                                 \
	{                                                                                          \
		kind, OFFSET_OF(struct build_filter, type, member), SQL(condition), SQL(index)     \
	}
#define INDEX(name) " FORCE INDEX (" name ")"

static const struct term terms[] = {
	TERM(TERM_TEXT, const char *, name, "name = ?", INDEX("builds_by_name")),
	TERM(TERM_TEXT, const char *, owner, "owner = ?", INDEX("builds_by_owner")),
	TERM(TERM_TEXT, const char *, stream, "stream = ?", INDEX("builds_by_stream")),
	TERM(TERM_STATE, int, state, "state = ?", INDEX("builds_state")),
	TERM(TERM_TIME, int64_t, submitted_before, "submitted_at <= ?", ""),
	TERM(TERM_TIME, int64_t, submitted_after, "submitted_at >= ?", ""),
	TERM(TERM_TIME, int64_t, modified_before, "modified_at <= ?", ""),
	TERM(TERM_TIME, int64_t, modified_after, "modified_at >= ?", ""),
	TERM(TERM_TIME, int64_t, completed_before, "completed_at <= ?", ""),
	TERM(TERM_TIME, int64_t, completed_after, "completed_at >= ?", ""),
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

bool build_filter_is_any(const struct build_filter *filter)
{
	for (size_t i = 0; i < G_N_ELEMENTS(terms); i++)
		if (term_value(filter, &terms[i]).kind != DB_KIND_NULL)
			return false;
	return true;
}

/* The index for the filter, as words for after the table's name. */
static const char *index_of(const struct build_filter *filter)
{
	const char *index = "";
	bool is_chosen = false;

	for (size_t i = 0; i < G_N_ELEMENTS(terms); i++) {
		if (term_value(filter, &terms[i]).kind == DB_KIND_NULL)
			continue;
		if (!is_chosen || terms[i].kind == TERM_TIME)
			index = terms[i].index;
		is_chosen = true;
	}
	return index;
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

static struct db_columns row_columns(enum row_width width, bool with_tasks)
{
	struct db_columns columns =
		width == ROW_BRIEF ? DB_COLUMNS(brief_columns) : DB_COLUMNS(whole_columns);

	columns.count -= with_tasks ? 0 : VIEW_WIDTH;
	return columns;
}

/* The last place of a page. */
static uint64_t page_end(const struct build_page *page)
{
	return page->offset + MIN(page->limit, UINT64_MAX - page->offset);
}

/* A page of all builds, by their places in the list. */
static void query_places(struct query *query, const struct build_page *page)
{
	g_string_append(query->sql, places_sql);
	query_value(query, DB_U64(page->offset));
	query_value(query, DB_U64(page_end(page)));
}

/* Filtered, in order, and the part that is wanted. */
static void query_page(struct query *query, const struct build_filter *filter,
		       const struct build_page *page)
{
	query_where(query, filter);
	g_string_append(query->sql, page->is_descending ? " ORDER BY id DESC" : " ORDER BY id");
	if (!page->limit)
		return;
	g_string_append(query->sql, limit_sql);
	query_value(query, DB_U64(page->limit));
	query_value(query, DB_U64(page->offset));
}

bool list_store_select(struct db *db, const struct build_filter *filter,
		       const struct build_page *page, struct db_rows **ret, GError **error)
{
	const bool has_places = page->limit && !page->is_descending && build_filter_is_any(filter);
	const bool is_deep = page->limit && !has_places && page->offset > SKIP_ROWS;
	const char *join_view = page->with_tasks ? JOIN_VIEW : "";
	g_auto(Query) query = { 0 };

	query_init(&query, page->limit ? "" : all_patience);
	g_string_append(query.sql, selects[page->width]);
	g_string_append(query.sql, page->with_tasks ? SELECT_VIEW : "");
	g_string_append(query.sql, is_deep ? FROM_PAGE : FROM_ROWS);
	g_string_append(query.sql, index_of(filter));
	g_string_append(query.sql, is_deep ? "" : join_view);
	if (has_places)
		query_places(&query, page);
	else
		query_page(&query, filter, page);
	if (is_deep) {
		g_string_append(query.sql, JOIN_PAGE);
		g_string_append(query.sql, join_view);
		g_string_append(query.sql,
				page->is_descending ? " ORDER BY b.id DESC" : " ORDER BY b.id");
	}
	return db_select(db, query.sql->str, query_args(&query),
			 row_columns(page->width, page->with_tasks), ret, error);
}

bool list_store_select_placed(struct db *db, const struct build_page *page, struct db_rows **ret,
			      GError **error)
{
	struct db_columns columns = DB_COLUMNS(placed_columns);

	columns.count -= page->with_tasks ? 0 : VIEW_WIDTH;
	return db_select(db, page->with_tasks ? placed_tasks_sql : placed_sql,
			 DB_ARGS(DB_U64(page->offset), DB_U64(page_end(page))), columns, ret,
			 error);
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

static bool read_summary(struct db *db, const char *sql, struct db_args args,
			 struct list_summary *ret, GError **error)
{
	if (db_select_one(db, sql, args, DB_COLUMNS(summary_columns), ret, error))
		return true;
	g_prefix_error(error, "counters: ");
	return false;
}

static bool count_rows(struct db *db, const struct build_filter *filter, struct list_summary *ret,
		       GError **error)
{
	g_auto(Query) query = { 0 };

	query_init(&query, count_head);
	g_string_append(query.sql, index_of(filter));
	query_where(&query, filter);
	g_string_append(query.sql, count_tail);
	query_value(&query, DB_U64(COUNT_CAP));
	if (!read_summary(db, query.sql->str, query_args(&query), ret, error))
		return false;
	ret->is_exact = ret->total < COUNT_CAP;
	return true;
}

bool list_store_summary(struct db *db, const struct build_filter *filter, struct list_summary *ret,
			GError **error)
{
	const char *counter = counter_of(filter);

	ret->is_exact = true;
	return counter ? read_summary(db, counters_sql, DB_ARGS(DB_TEXT(counter)), ret, error)
		       : count_rows(db, filter, ret, error);
}

bool list_store_find(struct db *db, uint64_t id, enum row_width width, struct build_row *ret,
		     GError **error)
{
	struct build_row row = { 0 };

	if (!db_select_one(db, finds[width], DB_ARGS(DB_U64(id)), row_columns(width, true), &row,
			   error)) {
		g_prefix_error(error, "build %" G_GUINT64_FORMAT ": ", id);
		return false;
	}
	*ret = row;
	return true;
}

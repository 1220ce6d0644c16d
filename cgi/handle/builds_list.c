/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>

#include "base/error.h"
#include "cgi/build_list.h"
#include "cgi/etag.h"
#include "cgi/problem.h"
#include "cgi/view/json.h"
#include "cgi/view/list_page.h"

#define PER_PAGE_JSON 10
#define PER_PAGE_HTML 50

struct list_request {
	struct build_filter filter;
	struct paging paging;
	bool is_verbose;
};

/* A stale row of a list that is being streamed gets its tasks over the other connection. */
static bool refresh(struct app *app, struct build_row *row, GError **error)
{
	struct db *second = NULL;

	return !build_row_is_stale(row) || (database_use_second(app->database, &second, error) &&
					    build_rows_refresh(second, &row, 1, error));
}

/* Every build that fits, row by row, so that memory does not grow with their number. */
static bool stream_all(struct app *app, struct db *db, const struct list_request *wants,
		       struct reply *reply, GError **error)
{
	struct build_page page = { .with_tasks = wants->is_verbose, .width = ROW_BRIEF };
	struct build_row row = { 0 };
	g_autoptr(DbRows) rows = NULL;
	bool is_good = true;
	const char *separator = "[";
	int r;

	if (!list_store_select(db, &wants->filter, &page, &rows, error))
		return false;
	while (is_good && (r = db_next(rows, &row, error)) > 0) {
		g_string_append(reply->body, separator);
		separator = ",\n";
		is_good = !wants->is_verbose || refresh(app, &row, error);
		view_build_json(reply->body, row.build.id, row.build.state, row.tasks);
		if (is_good && !app_flush(app, reply))
			break;
	}
	build_row_clear(&row);
	g_string_append(reply->body, *separator == '[' ? "[]\n" : "]\n");
	return is_good && r >= 0;
}

static void add_link(GString *links, const struct web_request *request, const char *relation,
		     uint64_t page, uint64_t per_page)
{
	g_autofree char *query = query_with_page(request, page, per_page);

	g_string_append_printf(links, "%s<%s%s%s>; rel=\"%s\"", links->len ? ", " : "",
			       request->prefix, request->path, query, relation);
}

static void add_links(const struct web_request *request, const struct paging *paging,
		      const struct build_list *list, struct reply *reply)
{
	uint64_t last = MAX((list->total + paging->per_page - 1) / paging->per_page, 1);
	g_autoptr(GString) links = g_string_new(NULL);

	add_link(links, request, "first", 1, paging->per_page);
	if (paging->page > 1)
		add_link(links, request, "prev",
			 list->total_is_exact ? MIN(paging->page - 1, last) : paging->page - 1,
			 paging->per_page);
	if (list->has_next)
		add_link(links, request, "next", paging->page + 1, paging->per_page);
	if (list->total_is_exact)
		add_link(links, request, "last", last, paging->per_page);
	reply_header(reply, "Link", links->str);
}

/* Gives the reply the tag of this query at this state of all builds; true: the client has it. */
static bool is_unchanged(const struct web_request *request, uint64_t changes, struct reply *reply)
{
	g_autofree char *tag =
		g_strdup_printf("list-%" PRIu64 "-%08x", changes, g_str_hash(request->query_text));

	return reply_etag(request, reply, tag);
}

static bool list_one_page(struct db *db, const struct web_request *request,
			  const struct list_request *wants, struct reply *reply, GError **error)
{
	struct build_list_wants page = { wants->filter, wants->paging, false, wants->is_verbose,
					 ROW_BRIEF };
	g_auto(BuildList) list = { 0 };

	if (!build_list_read(db, &page, &list, error))
		return false;
	if (is_unchanged(request, list.changes, reply))
		return true;
	add_links(request, &wants->paging, &list, reply);
	g_string_append_c(reply->body, '[');
	for (guint i = 0; i < list.rows->len; i++) {
		const struct build_row *row = list.rows->pdata[i];

		g_string_append(reply->body, i ? ",\n" : "");
		view_build_json(reply->body, row->build.id, row->build.state, row->tasks);
	}
	g_string_append(reply->body, "]\n");
	return true;
}

static bool list_all(struct app *app, struct db *db, const struct web_request *request,
		     const struct list_request *wants, struct reply *reply, GError **error)
{
	struct list_summary summary = { 0 };

	if (!list_store_summary(db, &wants->filter, &summary, error))
		return false;
	return is_unchanged(request, summary.changes, reply) ||
	       stream_all(app, db, wants, reply, error);
}

static bool list_json(struct app *app, const struct web_request *request, struct reply *reply,
		      GError **error)
{
	struct list_request wants = { 0 };
	struct db *db = NULL;

	if (!filters_read(request, &wants.filter, error) ||
	    !paging_read(request, PER_PAGE_JSON, &wants.paging, error) ||
	    !verbose_read(request, &wants.is_verbose, error) ||
	    !database_use(app->database, &db, error))
		return false;
	view_json(reply);
	return wants.paging.is_asked ? list_one_page(db, request, &wants, reply, error)
				     : list_all(app, db, request, &wants, reply, error);
}

/* What a person typed is answered where it was typed. */
static bool list_problem(const struct web_request *request, struct reply *reply, GError *problem)
{
	reply->status = problem_status(problem);
	reply->caching = "no-store";
	view_list_problem(request, problem->message, reply);
	g_error_free(problem);
	return true;
}

static bool list_page(struct app *app, const struct web_request *request, struct reply *reply,
		      GError **error)
{
	struct build_list_wants wants = { .newest_first = true, .with_tasks = true };
	g_auto(BuildList) list = { 0 };
	GError *problem = NULL;
	struct db *db = NULL;

	if (!filters_read(request, &wants.filter, &problem) ||
	    !paging_read(request, PER_PAGE_HTML, &wants.paging, &problem))
		return list_problem(request, reply, problem);
	if (!database_use(app->database, &db, error) || !build_list_read(db, &wants, &list, error))
		return false;
	build_list_count_progress(&list);
	view_list_page(request, &wants, &list, g_get_real_time(), reply);
	return true;
}

bool builds_list(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	return request->wants_page ? list_page(app, request, reply, error)
				   : list_json(app, request, reply, error);
}

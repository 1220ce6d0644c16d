/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>

#include "base/error.h"
#include "cgi/build_list.h"
#include "cgi/etag.h"
#include "cgi/view/json.h"
#include "cgi/view/list_page.h"

#define PER_PAGE_JSON 10
#define PER_PAGE_HTML 50

struct list_request {
	struct build_filter filter;
	struct paging paging;
	bool is_verbose;
};

static bool append_row(struct app *app, const struct build_row *row, bool is_verbose, GString *out,
		       GError **error)
{
	g_autofree char *tasks = NULL;

	if (is_verbose && !build_row_tasks(app, row, &tasks, error))
		return false;
	view_build_json(out, row->build.id, row->build.state, tasks);
	return true;
}

/* Every build that fits, row by row, so that memory does not grow with their number. */
static bool stream_all(struct app *app, struct db *db, const struct list_request *wants,
		       struct reply *reply, GError **error)
{
	struct build_page page = { .with_tasks = wants->is_verbose };
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
		is_good = append_row(app, &row, wants->is_verbose, reply->body, error);
		if (is_good && !reply_flush(reply))
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

static bool list_one_page(struct app *app, struct db *db, const struct web_request *request,
			  const struct list_request *wants, struct reply *reply, GError **error)
{
	struct build_list_wants page = { wants->filter, wants->paging, false, wants->is_verbose };
	g_auto(BuildList) list = { 0 };

	if (!build_list_read(db, &page, &list, error))
		return false;
	add_links(request, &wants->paging, &list, reply);
	g_string_append_c(reply->body, '[');
	for (guint i = 0; i < list.rows->len; i++) {
		g_string_append(reply->body, i ? ",\n" : "");
		if (!append_row(app, list.rows->pdata[i], wants->is_verbose, reply->body, error))
			return false;
	}
	g_string_append(reply->body, "]\n");
	return true;
}

static bool list_json(struct app *app, const struct web_request *request, struct reply *reply,
		      GError **error)
{
	struct list_request wants = { 0 };
	struct db *db = NULL;
	g_autofree char *tag = NULL;
	uint64_t changes = 0;

	if (!filters_read(request, &wants.filter, error) ||
	    !paging_read(request, PER_PAGE_JSON, &wants.paging, error) ||
	    !verbose_read(request, &wants.is_verbose, error) ||
	    !database_use(app->database, &db, error) || !list_store_changes(db, &changes, error))
		return false;
	view_json(reply);
	tag = g_strdup_printf("list-%" PRIu64 "-%08x", changes, g_str_hash(request->query_text));
	if (reply_etag(request, reply, tag))
		return true;
	return wants.paging.is_asked ? list_one_page(app, db, request, &wants, reply, error)
				     : stream_all(app, db, &wants, reply, error);
}

static bool list_page(struct app *app, const struct web_request *request, struct reply *reply,
		      GError **error)
{
	struct build_list_wants wants = { .newest_first = true, .with_tasks = true };
	g_auto(BuildList) list = { 0 };
	struct db *db = NULL;

	if (!filters_read(request, &wants.filter, error) ||
	    !paging_read(request, PER_PAGE_HTML, &wants.paging, error) ||
	    !database_use(app->database, &db, error) || !build_list_read(db, &wants, &list, error))
		return false;
	view_list_page(request, &wants, &list, reply);
	return true;
}

bool builds_list(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	return request->wants_page ? list_page(app, request, reply, error)
				   : list_json(app, request, reply, error);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/list_page.h"

#include "cgi/html.h"
#include "cgi/view/list_form.h"
#include "cgi/view/page.h"

#define LIVE_SECONDS 10

static void add_progress(GString *out, const struct build_row *row)
{
	if (row->components == 0) {
		html(out, "\xe2\x80\x93");
		return;
	}
	page_progress(out, row->complete, row->components);
	html(out, "<span>");
	html_number(out, row->complete);
	html(out, "/");
	html_number(out, row->components);
	html(out, "</span>");
}

static void add_build_link(const struct web_request *request, GString *out, uint64_t id)
{
	html(out, "<a href=\"");
	page_build_link(request, out, id);
	html(out, "\">");
}

static void add_identity(const struct web_request *request, const struct build *build, GString *out)
{
	html(out, "<td class=\"id\">");
	add_build_link(request, out, build->id);
	html_number(out, build->id);
	html(out, "</a></td><td class=\"state\">");
	page_badge(out, build_states[build->state].name, NULL);
	html(out, "</td><th scope=\"row\" class=\"name\">");
	add_build_link(request, out, build->id);
	html_text(out, build->name);
	html(out, "</a></th><td class=\"stream\">");
	page_filter_link(request, out, "stream", build->stream);
	html(out, "</td><td class=\"version\">");
	html_number(out, build->version);
	html(out, "</td><td class=\"owner\">");
	page_filter_link(request, out, "owner", build->owner);
	html(out, "</td>");
}

static void add_row(const struct web_request *request, const struct build_row *row, int64_t now,
		    GString *out)
{
	const struct build *build = &row->build;

	html(out, "<tr id=\"build-");
	html_number(out, build->id);
	html(out, "\">");
	add_identity(request, build, out);
	html(out, "<td class=\"age\">");
	html_ago(out, build->submitted_at, now);
	html(out, "</td><td class=\"share ");
	html_attr(out, build_states[build->state].name);
	html(out, "\">");
	add_progress(out, row);
	html(out, "</td></tr>\n");
}

/* An empty list says why, and what to do. */
static void add_nothing(const struct web_request *request, const struct build_list_wants *wants,
			GString *out)
{
	html(out, "<div class=\"empty\">\n");
	if (wants->paging.page > 1) {
		g_autofree char *query = query_without(request, "page");

		html(out, "<p>The list ends before this page.</p>\n<p><a class=\"button\" href=\"");
		html_url(out, query);
		html(out, "\">First page</a></p>\n");
	} else if (view_list_filters(request) > 0) {
		html(out, "<p>No build fits these filters.</p>\n<p><a class=\"button\" href=\"");
		page_link(request, out, "/rida/module-builds/");
		html(out, "\">Clear all filters</a></p>\n");
	} else {
		html(out, "<p>No module was submitted yet.</p>\n"
			  "<p>One is submitted with a POST of its git URL to this address:</p>\n"
			  "<pre>{\"scmurl\": \"https://host/modules/foo.git?#commit\"}</pre>\n");
	}
	html(out, "</div>\n");
}

static void add_table(const struct web_request *request, const struct build_list *list, int64_t now,
		      GString *out)
{
	html(out,
	     "<table class=\"builds\">\n<caption class=\"hidden\">Module builds, newest first</caption>\n<thead><tr>"
	     "<th scope=\"col\">Build</th><th scope=\"col\">State</th><th scope=\"col\">Name</th>"
	     "<th scope=\"col\">Stream</th><th scope=\"col\">Version</th><th scope=\"col\">Owner</th>"
	     "<th scope=\"col\">Submitted</th><th scope=\"col\">Components</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < list->rows->len; i++)
		add_row(request, list->rows->pdata[i], now, out);
	html(out, "</tbody>\n</table>\n");
}

/* A link of the pager, or its word alone where it leads nowhere: page 0. */
static void add_page_link(const struct web_request *request, GString *out,
			  const struct paging *paging, uint64_t page, const char *relation,
			  const char *word)
{
	g_autofree char *query = query_with_page(request, page, paging->per_page);

	if (page == 0) {
		page_no_link(out, word);
		return;
	}
	html(out, "<a rel=\"");
	html_attr(out, relation);
	html(out, "\" href=\"");
	html_url(out, query);
	html(out, "\">");
	html_text(out, word);
	html(out, "</a> ");
}

static void add_position(const struct paging *paging, const struct build_list *list, GString *out)
{
	uint64_t first = (paging->page - 1) * paging->per_page + 1;

	html(out, "<span class=\"position\">");
	if (list->rows->len > 0) {
		html_number(out, first);
		html(out, "\xe2\x80\x93");
		html_number(out, first + list->rows->len - 1);
		html(out, " of ");
	}
	if (!list->total_is_exact)
		html(out, "more than ");
	html_count(out, list->total, "build", "builds");
	html(out, "</span>\n");
}

static void add_pager(const struct web_request *request, const struct paging *paging,
		      const struct build_list *list, GString *out)
{
	uint64_t last =
		list->total_is_exact ? (list->total + paging->per_page - 1) / paging->per_page : 0;
	bool is_first = paging->page == 1;

	html(out, "<nav class=\"pager\" aria-label=\"Pages\">\n");
	add_position(paging, list, out);
	if (!is_first || list->has_next) {
		add_page_link(request, out, paging, is_first ? 0 : 1, "first", "First");
		add_page_link(request, out, paging,
			      last ? MIN(paging->page - 1, last) : paging->page - 1, "prev",
			      "Newer");
		add_page_link(request, out, paging, list->has_next ? paging->page + 1 : 0, "next",
			      "Older");
		add_page_link(request, out, paging, list->has_next ? last : 0, "last", "Last");
	}
	html(out, "</nav>\n");
}

/* Who looks at the builds of one module or owner may follow them. */
static struct event_filter events_of(const struct build_filter *filter)
{
	if (filter->name)
		return (struct event_filter){ .by = EVENTS_OF_MODULE, .text = filter->name };
	if (filter->owner)
		return (struct event_filter){ .by = EVENTS_OF_OWNER, .text = filter->owner };
	return (struct event_filter){ .by = EVENTS_OF_ALL };
}

static bool has_running(const struct build_list *list)
{
	for (guint i = 0; i < list->rows->len; i++) {
		const struct build_row *row = list->rows->pdata[i];

		if (row->build.state <= BUILD_BUILD)
			return true;
	}
	return false;
}

void view_list_page(const struct web_request *request, const struct build_list_wants *wants,
		    const struct build_list *list, int64_t now, struct reply *reply)
{
	const struct event_filter events = events_of(&wants->filter);
	const struct page_head head = {
		.title = "Module builds",
		.place = PAGE_BUILDS,
		.live = has_running(list) ? LIVE_SECONDS : 0,
		.feed = events,
		.news = events,
	};
	GString *out = reply->body;

	page_begin(request, reply, &head);
	html(out, "<h1>Module builds</h1>\n");
	view_list_form(request, wants->filter.state, out);
	html(out, "<div id=\"live\">\n");
	if (list->rows->len > 0)
		add_table(request, list, now, out);
	else
		add_nothing(request, wants, out);
	if (list->rows->len > 0 || wants->paging.page > 1)
		add_pager(request, &wants->paging, list, out);
	html(out, "</div>\n");
	page_end(reply);
}

void view_list_problem(const struct web_request *request, const char *message, struct reply *reply)
{
	const struct page_head head = { .title = "Module builds", .place = PAGE_BUILDS };
	GString *out = reply->body;

	page_begin(request, reply, &head);
	html(out, "<h1>Module builds</h1>\n<div class=\"panel bad\" role=\"alert\"><h2>This filter "
		  "cannot be read</h2><p>");
	html_text(out, message);
	html(out, "</p></div>\n");
	view_list_form(request, -1, out);
	page_end(reply);
}

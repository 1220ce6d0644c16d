/* SPDX-License-Identifier: MIT */
#include "cgi/view/list_page.h"

#include <inttypes.h>

#include "cgi/html.h"
#include "cgi/view/page.h"

/* A field of the filter form. name and label are ours. */
static void add_field(GString *out, const char *name, const char *label, const char *value)
{
	html(out, "<label>");
	html_text(out, label);
	html(out, " <input name=\"");
	html_attr(out, name);
	html(out, "\" value=\"");
	html_attr(out, value);
	html(out, "\"></label>\n");
}

static void add_state_choice(GString *out, int chosen)
{
	html(out, "<label>State <select name=\"state\"><option value=\"\">any</option>");
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		html(out, "<option");
		if (i == chosen)
			html(out, " selected");
		html(out, ">");
		html_text(out, build_states[i].name);
		html(out, "</option>");
	}
	html(out, "</select></label>\n");
}

static void add_form(const struct web_request *request, const struct build_filter *filter,
		     GString *out)
{
	html(out, "<form class=\"filters\" method=\"get\" action=\"");
	page_link(request, out, "/rida/module-builds/");
	html(out, "\">\n");
	add_field(out, "name", "Name", filter->name);
	add_field(out, "stream", "Stream", filter->stream);
	add_field(out, "owner", "Owner", filter->owner);
	add_state_choice(out, filter->state);
	html(out, "<button>Filter</button> <a href=\"");
	page_link(request, out, "/rida/module-builds/");
	html(out, "\">Clear</a>\n</form>\n");
}

static void add_filter_link(const struct web_request *request, GString *out, const char *name,
			    const char *value)
{
	html(out, "<a href=\"");
	page_link(request, out, "/rida/module-builds/?");
	html_attr(out, name);
	html(out, "=");
	html_url_argument(out, value);
	html(out, "\">");
	html_text(out, value);
	html(out, "</a>");
}

static void add_progress(GString *out, const struct build_row *row)
{
	if (row->components == 0)
		return;
	html(out, "<progress max=\"");
	html_number(out, row->components);
	html(out, "\" value=\"");
	html_number(out, row->complete);
	html(out, "\"></progress> ");
	html_number(out, row->complete);
	html(out, "/");
	html_number(out, row->components);
}

static void add_row(const struct web_request *request, const struct build_row *row, GString *out)
{
	const struct build *build = &row->build;

	html(out, "<tr><td><a href=\"");
	page_link(request, out, "/rida/module-builds/");
	html_number(out, build->id);
	html(out, "\">");
	html_number(out, build->id);
	html(out, "</a></td><td>");
	page_badge(out, build_states[build->state].name);
	html(out, "</td><td>");
	add_filter_link(request, out, "name", build->name);
	html(out, "</td><td>");
	add_filter_link(request, out, "stream", build->stream);
	html(out, "</td><td class=\"wide\"><a href=\"");
	page_link(request, out, "/rida/module-builds/");
	html_number(out, build->id);
	html(out, "\">");
	html_number(out, build->version);
	html(out, "</a></td><td>");
	add_filter_link(request, out, "owner", build->owner);
	html(out, "</td><td class=\"wide\">");
	html_time(out, build->submitted_at);
	html(out, "</td><td class=\"progress\">");
	add_progress(out, row);
	html(out, "</td></tr>\n");
}

static void add_table(const struct web_request *request, const struct build_list *list,
		      GString *out)
{
	if (list->rows->len == 0) {
		html(out,
		     "<p class=\"empty\">No builds here. A module is submitted with a POST of its git URL to this address; "
		     "then it can be followed here.</p>\n");
		return;
	}
	html(out,
	     "<div class=\"scroll\"><table>\n<thead><tr><th>Build</th><th>State</th><th>Name</th><th>Stream</th>"
	     "<th class=\"wide\">Version</th><th>Owner</th><th class=\"wide\">Submitted</th><th>Components</th></tr></thead>\n"
	     "<tbody>\n");
	for (guint i = 0; i < list->rows->len; i++)
		add_row(request, list->rows->pdata[i], out);
	html(out, "</tbody>\n</table></div>\n");
}

static void add_page_link(const struct web_request *request, GString *out,
			  const struct paging *paging, uint64_t page, const char *label)
{
	g_autofree char *query = query_with_page(request, page, paging->per_page);

	html(out, "<a href=\"");
	html_url(out, query);
	html(out, "\">");
	html_text(out, label);
	html(out, "</a> ");
}

static void add_pager(const struct web_request *request, const struct paging *paging,
		      const struct build_list *list, GString *out)
{
	uint64_t first = (paging->page - 1) * paging->per_page + 1;

	html(out, "<nav class=\"pager\" aria-label=\"Pages\">");
	if (paging->page > 1) {
		add_page_link(request, out, paging, 1, "Newest");
		add_page_link(request, out, paging, paging->page - 1, "Newer");
	}
	if (list->rows->len > 0)
		g_string_append_printf(
			out, "<span>%" PRIu64 "\xe2\x80\x93%" PRIu64 " of %s%" PRIu64 "</span> ",
			first, first + list->rows->len - 1,
			list->total_is_exact ? "" : "more than ", list->total);
	if (list->has_next)
		add_page_link(request, out, paging, paging->page + 1, "Older");
	html(out, "</nav>\n");
}

static bool has_running(const struct build_list *list)
{
	for (guint i = 0; i < list->rows->len; i++) {
		const struct build_row *row = list->rows->pdata[i];

		if (row->build.state <= BUILD_DONE)
			return true;
	}
	return false;
}

void view_list_page(const struct web_request *request, const struct build_list_wants *wants,
		    const struct build_list *list, struct reply *reply)
{
	page_begin(request, reply, "Module builds", has_running(list));
	html(reply->body, "<h1>Module builds</h1>\n");
	add_form(request, &wants->filter, reply->body);
	html(reply->body, "<div id=\"live\">\n");
	add_table(request, list, reply->body);
	add_pager(request, &wants->paging, list, reply->body);
	html(reply->body, "</div>\n");
	page_end(reply);
}

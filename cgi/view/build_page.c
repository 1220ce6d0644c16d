/* SPDX-License-Identifier: MIT */
#include "cgi/view/build_page.h"

#include <inttypes.h>

#include "cgi/html.h"
#include "cgi/view/components_table.h"
#include "cgi/view/page.h"
#include "store/event_store.h"
#include "store/misc_store.h"

static bool is_running(const struct build *build)
{
	return build->state == BUILD_INIT || build->state == BUILD_WAIT ||
	       build->state == BUILD_BUILD || build->state == BUILD_DONE;
}

static void fact_begin(GString *out, const char *name)
{
	html(out, "<dt>");
	html_text(out, name);
	html(out, "</dt><dd>");
}

static void fact_end(GString *out)
{
	html(out, "</dd>\n");
}

static void add_fact(GString *out, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	fact_begin(out, name);
	html_text(out, value);
	fact_end(out);
}

static void add_time(GString *out, const char *name, int64_t time)
{
	if (!time)
		return;
	fact_begin(out, name);
	html_time(out, time);
	fact_end(out);
}

static void add_facts(const struct web_request *request, const struct build *build, GString *out)
{
	html(out, "<dl class=\"facts\">\n");
	fact_begin(out, "Owner");
	html(out, "<a href=\"");
	page_link(request, out, "/rida/module-builds/?owner=");
	html_url_argument(out, build->owner);
	html(out, "\">");
	html_text(out, build->owner);
	html(out, "</a>");
	fact_end(out);
	add_fact(out, "Source", build->scmurl);
	add_fact(out, "Commit", build->commit);
	add_fact(out, "Branch", build->branch);
	add_fact(out, "Builder", build->builder);
	add_fact(out, "Dist tag", build->dist);
	add_time(out, "Submitted", build->submitted_at);
	add_time(out, "Last change", build->modified_at);
	add_time(out, "Completed", build->completed_at);
	if (build->completed_at) {
		fact_begin(out, "Took");
		html_duration(out, build->completed_at - build->submitted_at);
		fact_end(out);
	}
	html(out, "</dl>\n");
}

static void add_links(const struct web_request *request, const struct build *build, GString *out)
{
	g_autofree char *folder = build_directory_name(build);

	html(out, "<ul class=\"links\">\n");
	if (build->is_finished && !build->is_discarded) {
		html(out, "<li><a href=\"");
		page_link(request, out, "/rida/repos/");
		html_url_segment(out, folder);
		html(out, "/\">Repository</a></li>\n");
	}
	html(out, "<li><a href=\"");
	page_link(request, out, "/rida/module-builds/");
	html_number(out, build->id);
	html(out, "/modulemd\">modulemd</a></li>\n<li><a href=\"");
	page_link(request, out, "/rida/module-builds/");
	html_number(out, build->id);
	html(out, "?format=json\">JSON</a></li>\n</ul>\n");
}

static void add_reason(const struct build_details *details, GString *out)
{
	const struct build *build = details->build;

	if (details->cancel_is_asked)
		html(out,
		     "<p class=\"note\">Its cancellation was asked for and happens shortly.</p>\n");
	if (details->ready_is_asked)
		html(out, "<p class=\"note\">Its gate was opened: it becomes ready shortly.</p>\n");
	if (!build->state_reason || !build->state_reason[0])
		return;
	html(out, "<div class=\"reason\"><strong>");
	html_text(out, failure_type_meaning(build->failure_type));
	html(out, "</strong><pre>");
	html_text(out, build->state_reason);
	html(out, "</pre></div>\n");
}

static void add_trace(const struct build_details *details, GString *out)
{
	if (details->trace->len == 0)
		return;
	html(out,
	     "<h2>History</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th>When</th><th>State</th><th>By</th>"
	     "<th>Why</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < details->trace->len; i++) {
		const struct trace_row *row = details->trace->pdata[i];
		bool is_known = row->to_state >= 0 && row->to_state < BUILD_STATE__COUNT;

		html(out, "<tr><td>");
		html_time(out, row->at);
		html(out, "</td><td>");
		page_badge(out, is_known ? build_states[row->to_state].name : "?");
		html(out, "</td><td>");
		html_text(out, row->actor);
		html(out, "</td><td class=\"text\">");
		html_text(out, row->reason);
		html(out, "</td></tr>\n");
	}
	html(out, "</tbody>\n</table></div>\n");
}

static void add_warnings(const struct build_details *details, GString *out)
{
	if (details->warnings->len == 0)
		return;
	html(out, "<h2>Warnings</h2>\n<ul class=\"warnings\">\n");
	for (guint i = 0; i < details->warnings->len; i++) {
		const struct warning *warning = details->warnings->pdata[i];

		html(out, "<li>");
		if (warning->component && warning->component[0]) {
			html(out, "<strong>");
			html_text(out, warning->component);
			html(out, "</strong>: ");
		}
		html_text(out, warning->text);
		html(out, "</li>\n");
	}
	html(out, "</ul>\n");
}

static void add_heading(const struct build *build, GString *out)
{
	html(out, "<h1>");
	html_text(out, build->name);
	html(out, " <span class=\"stream\">");
	html_text(out, build->stream);
	html(out, "</span> ");
	page_badge(out, build_states[build->state].name);
	html(out, "</h1>\n<p class=\"nsvc\">Build ");
	html_number(out, build->id);
	html(out, " \xc2\xb7 version ");
	html_number(out, build->version);
	html(out, " \xc2\xb7 context ");
	html_text(out, build->context);
	html(out, "</p>\n");
}

void view_build_page(const struct web_request *request, const struct build_details *details,
		     struct reply *reply)
{
	const struct build *build = details->build;
	g_autofree char *title =
		g_strdup_printf("%s:%s (%" PRIu64 ")", build->name, build->stream, build->id);
	GString *out = reply->body;

	page_begin(request, reply, title, is_running(build));
	html(out, "<div id=\"live\">\n");
	add_heading(build, out);
	add_reason(details, out);
	view_components(request, details, out);
	add_warnings(details, out);
	add_trace(details, out);
	html(out, "<h2>Facts</h2>\n");
	add_facts(request, build, out);
	add_links(request, build, out);
	html(out, "</div>\n");
	page_end(reply);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/build_page.h"

#include <inttypes.h>

#include "cgi/html.h"
#include "cgi/view/build_status.h"
#include "cgi/view/components_table.h"
#include "cgi/view/deliveries_table.h"
#include "cgi/view/koji_links.h"
#include "cgi/view/page.h"
#include "store/event_store.h"
#include "store/misc_store.h"

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

/* The source as a link where a browser can follow it. */
static void add_source(GString *out, const char *scmurl)
{
	fact_begin(out, "Source");
	if (g_str_has_prefix(scmurl, "https://") || g_str_has_prefix(scmurl, "http://")) {
		html(out, "<a rel=\"nofollow noreferrer\" href=\"");
		html_url(out, scmurl);
		html(out, "\">");
		html_text(out, scmurl);
		html(out, "</a>");
	} else {
		html_text(out, scmurl);
	}
	fact_end(out);
}

static void add_lasting(const struct build_details *details, GString *out)
{
	const struct build *build = details->build;

	if (!build->completed_at && !view_build_is_moving(build))
		return;
	fact_begin(out, build->completed_at ? "Took" : "Running for");
	html_duration(out, (build->completed_at ? build->completed_at : details->watch.now) -
				   build->submitted_at);
	fact_end(out);
}

static void add_documents(const struct web_request *request, const struct build *build,
			  GString *out)
{
	fact_begin(out, "Documents");
	html(out, "<a href=\"");
	page_build_link(request, out, build->id);
	html(out, "/modulemd\">modulemd</a>, <a href=\"");
	page_build_link(request, out, build->id);
	html(out, "?format=json\">JSON</a>");
	fact_end(out);
}

static void add_linked(const struct build_details *details, const char *name, enum koji_page page,
		       const char *key, GString *out)
{
	fact_begin(out, name);
	koji_link(details, page, key, out);
	fact_end(out);
}

/* What the build has in a build system with tags. */
static void add_tags(const struct build_details *details, GString *out)
{
	const struct build *build = details->build;
	g_autofree char *build_tag = NULL;

	if (!build->tag || !*build->tag)
		return;
	build_tag = g_strconcat(build->tag, "-build", NULL);
	add_linked(details, "Tag", KOJI_PAGE_TAG, build->tag, out);
	add_linked(details, "Build tag", KOJI_PAGE_TAG, build_tag, out);
	add_linked(details, "Target", KOJI_PAGE_TARGET, build->target, out);
	if (!build->repo_task_id)
		return;
	fact_begin(out, "Repository");
	html(out, "asked for, number ");
	html_number(out, build->repo_task_id);
	fact_end(out);
}

static void add_facts(const struct web_request *request, const struct build_details *details,
		      GString *out)
{
	const struct build *build = details->build;

	html(out,
	     "<section class=\"facts\" aria-labelledby=\"facts\">\n<h2 id=\"facts\">Details</h2>\n<dl>\n");
	fact_begin(out, "Owner");
	page_filter_link(request, out, "owner", build->owner);
	fact_end(out);
	add_time(out, "Submitted", build->submitted_at);
	add_time(out, "Last change", build->modified_at);
	add_time(out, "Completed", build->completed_at);
	add_lasting(details, out);
	add_source(out, build->scmurl);
	add_fact(out, "Commit", build->commit);
	add_fact(out, "Branch", build->branch);
	add_fact(out, "Context", build->context);
	add_fact(out, "Builder", build->builder);
	add_fact(out, "Dist tag", build->dist);
	add_tags(details, out);
	add_documents(request, build, out);
	html(out, "</dl>\n</section>\n");
}

/* How long the state lasted that this row of the trace began; a dash for what lasts for ever. */
static void add_stay(const struct build_details *details, guint i, GString *out)
{
	const struct trace_row *row = details->trace->pdata[i];
	const struct trace_row *next =
		i + 1 < details->trace->len ? details->trace->pdata[i + 1] : NULL;

	if (next || view_build_is_moving(details->build))
		html_duration(out, (next ? next->at : details->watch.now) - row->at);
	else
		html(out, "\xe2\x80\x93");
}

static void add_trace_row(const struct build_details *details, guint i, GString *out)
{
	const struct trace_row *row = details->trace->pdata[i];
	bool is_known = row->to_state >= 0 && row->to_state < BUILD_STATE__COUNT;

	html(out, "<tr><td class=\"state\">");
	page_badge(out, is_known ? build_states[row->to_state].name : "?", NULL);
	html(out, "</td><td class=\"at\">");
	html_time(out, row->at);
	html(out, "</td><td class=\"took\">");
	add_stay(details, i, out);
	html(out, "</td><td class=\"by\">");
	html_text(out, row->actor);
	html(out, "</td><td class=\"why\">");
	html_text(out, row->reason);
	html(out, "</td></tr>\n");
}

static void add_trace(const struct build_details *details, GString *out)
{
	if (details->trace->len == 0)
		return;
	html(out,
	     "<section aria-labelledby=\"history\">\n<h2 id=\"history\">History</h2>\n<table class=\"trace\">\n"
	     "<caption class=\"hidden\">States, oldest first</caption>\n<thead><tr><th scope=\"col\">State</th>"
	     "<th scope=\"col\">Since</th><th scope=\"col\">Lasted</th><th scope=\"col\">By</th>"
	     "<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < details->trace->len; i++)
		add_trace_row(details, i, out);
	html(out, "</tbody>\n</table>\n</section>\n");
}

static void add_warnings(const struct build_details *details, GString *out)
{
	if (details->warnings->len == 0)
		return;
	html(out,
	     "<section aria-labelledby=\"warnings\">\n<h2 id=\"warnings\">Warnings</h2>\n<ul class=\"warnings\">\n");
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
	html(out, "</ul>\n</section>\n");
}

static void add_heading(const struct web_request *request, const struct build_details *details,
			GString *out)
{
	const struct build *build = details->build;

	html(out, "<h1>");
	html_text(out, build->name);
	html(out, "<span class=\"stream\">:");
	html_text(out, build->stream);
	html(out, "</span> ");
	page_badge(out, build_states[build->state].name, NULL);
	html(out, "</h1>\n<p class=\"nsvc\">Build ");
	html_number(out, build->id);
	html(out, " \xc2\xb7 version ");
	html_number(out, build->version);
	html(out, " \xc2\xb7 by ");
	html_text(out, build->owner);
	html(out, " \xc2\xb7 submitted ");
	html_ago(out, build->submitted_at, details->watch.now);
	html(out, " \xc2\xb7 <a href=\"");
	page_link(request, out, "/rida/module-builds/?name=");
	html_url_argument(out, build->name);
	html(out, "\">all builds of this module</a></p>\n");
}

/* A gate may take days. */
static unsigned seconds_between_looks(const struct build *build)
{
	if (!view_build_is_moving(build))
		return 0;
	return build->state == BUILD_DONE ? 30 : 3;
}

void view_build_page(const struct web_request *request, const struct build_details *details,
		     struct reply *reply)
{
	const struct build *build = details->build;
	unsigned seconds = seconds_between_looks(build);
	g_autofree char *title =
		g_strdup_printf("%s:%s %s (build %" PRIu64 ")", build->name, build->stream,
				build_states[build->state].name, build->id);
	const struct page_head head = {
		.title = title,
		.place = PAGE_BUILDS,
		.live = seconds,
		.reloads = seconds * 5,
		.feed = { .by = EVENTS_OF_MODULE, .text = build->name },
		.news = { .by = EVENTS_OF_BUILD, .build_id = build->id },
	};
	GString *out = reply->body;

	page_begin(request, reply, &head);
	html(out, "<div id=\"live\">\n");
	add_heading(request, details, out);
	html(out, "<div class=\"columns\">\n<div>\n");
	view_build_status(request, details, out);
	view_components(request, details, out);
	add_warnings(details, out);
	add_trace(details, out);
	view_deliveries(details, out);
	html(out, "</div>\n");
	add_facts(request, details, out);
	html(out, "</div>\n</div>\n");
	page_end(reply);
}

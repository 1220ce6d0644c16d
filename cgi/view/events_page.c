/* SPDX-License-Identifier: MIT */
#include "cgi/view/events_page.h"

#include "cgi/html.h"
#include "cgi/view/event_words.h"
#include "cgi/view/page.h"

#define LIVE_SECONDS 20

static void add_event(const struct web_request *request, const struct event_facts *event,
		      int64_t now, GString *out)
{
	html(out, "<tr id=\"event-");
	html_number(out, event->event_no);
	html(out, "\"><td class=\"id\">");
	html_number(out, event->event_no);
	html(out, "</td><td class=\"state\">");
	page_badge(out, event_state_word(event), NULL);
	html(out, "</td><th scope=\"row\" class=\"name\"><a href=\"");
	page_build_link(request, out, event->build_id);
	html(out, "\">");
	html_text(out, event->name);
	html(out, "<span class=\"stream\">:");
	html_text(out, event->stream);
	html(out, "</span></a></th><td class=\"build\">");
	html_number(out, event->build_id);
	html(out, "</td><td class=\"owner\">");
	page_filter_link(request, out, "owner", event->owner);
	html(out, "</td><td class=\"age\">");
	html_ago(out, event->at, now);
	html(out, "</td><td class=\"why\">");
	html_text(out, event->reason);
	html(out, "</td></tr>\n");
}

static void add_table(const struct web_request *request, const struct event_list *list, int64_t now,
		      GString *out)
{
	html(out,
	     "<table class=\"events\">\n<caption class=\"hidden\">State changes, newest first</caption>\n<thead><tr>"
	     "<th scope=\"col\">Event</th><th scope=\"col\">State</th><th scope=\"col\">Module</th>"
	     "<th scope=\"col\">Build</th><th scope=\"col\">Owner</th><th scope=\"col\">When</th>"
	     "<th scope=\"col\">Why</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < list->events->len; i++)
		add_event(request, list->events->pdata[i], now, out);
	html(out, "</tbody>\n</table>\n");
}

static void add_heading(const struct web_request *request, const struct event_query *query,
			GString *out)
{
	html(out, "<h1>State changes</h1>\n");
	if (query->filter.by == EVENTS_OF_ALL)
		return;
	html(out, "<p class=\"nsvc\">Of ");
	event_filter_words(out, &query->filter);
	html(out, " \xc2\xb7 <a href=\"");
	page_link(request, out, "/rida/events");
	html(out, "\">all state changes</a></p>\n");
}

/* The two ways to other events. */
struct turn {
	const char *word;
	const char *relation;
	const char *parameter;
};
static const struct turn newer = { "Newer", "prev", "after" };
static const struct turn older = { "Older", "next", "before" };

/* edge: the event where the other page begins; NULL: there is none. */
static void add_turn(const struct event_query *query, const struct turn *turn,
		     const struct event_facts *edge, GString *out)
{
	if (!edge) {
		page_no_link(out, turn->word);
		return;
	}
	html(out, "<a rel=\"");
	html_attr(out, turn->relation);
	html(out, "\" href=\"?");
	event_filter_query(out, &query->filter);
	if (query->filter.by != EVENTS_OF_ALL)
		html(out, "&amp;");
	html_attr(out, turn->parameter);
	html(out, "=");
	html_number(out, edge->event_no);
	html(out, "&amp;limit=");
	html_number(out, query->limit);
	html(out, "\">");
	html_text(out, turn->word);
	html(out, "</a> ");
}

static void add_pager(const struct event_query *query, const struct event_list *list, GString *out)
{
	const GPtrArray *events = list->events;

	if (!list->has_newer && !list->has_older)
		return;
	html(out, "<nav class=\"pager\" aria-label=\"Pages\">\n");
	add_turn(query, &newer, list->has_newer ? events->pdata[0] : NULL, out);
	add_turn(query, &older, list->has_older ? events->pdata[events->len - 1] : NULL, out);
	html(out, "</nav>\n");
}

static void add_nothing(const struct event_query *query, GString *out)
{
	html(out, "<div class=\"empty\">\n<p>There is no such state change.</p>\n"
		  "<p><a class=\"button\" href=\"");
	html(out, "?");
	event_filter_query(out, &query->filter);
	html(out, "\">The newest</a></p>\n</div>\n");
}

void view_events_page(const struct web_request *request, const struct event_query *query,
		      const struct event_list *list, int64_t now, struct reply *reply)
{
	const struct page_head head = {
		.title = "State changes",
		.place = PAGE_EVENTS,
		.live = query->has_after || query->before < UINT64_MAX ? 0 : LIVE_SECONDS,
		.feed = query->filter,
		.news = query->filter,
	};
	GString *out = reply->body;

	page_begin(request, reply, &head);
	add_heading(request, query, out);
	html(out, "<div id=\"live\">\n");
	if (list->events->len > 0) {
		add_table(request, list, now, out);
		add_pager(query, list, out);
	} else {
		add_nothing(query, out);
	}
	html(out, "</div>\n");
	page_end(reply);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/feed.h"

#include "cgi/html.h"
#include "cgi/own_address.h"
#include "cgi/view/event_words.h"
#include "cgi/view/page.h"
#include "text/timestamp.h"
#include "text/url.h"

/* A feed without entries was never changed. */
#define NEVER "1970-01-01T00:00:00Z"

/* The same feed has this name for ever (RFC 4151), however it is reached. */
static void add_feed_id(const struct web_request *request, const struct event_filter *filter,
			GString *out)
{
	g_autoptr(Url) url = NULL;
	bool has_host = request->public_url && url_read(request->public_url, &url, NULL);

	html(out, "<id>tag:");
	html_text(out, has_host ? url->host : "localhost");
	html(out, ",2016:");
	event_feed_path(out, filter);
	html(out, "</id>\n");
}

/* href="https://…", relative where nobody knows our address. */
static void link_begin(const struct web_request *request, const char *relation, const char *type,
		       GString *out)
{
	g_autofree char *address = own_address(request);

	html(out, "<link rel=\"");
	html_attr(out, relation);
	html(out, "\" type=\"");
	html_attr(out, type);
	html(out, "\" href=\"");
	html_attr(out, address ? address : "");
}

/* The page of the same builds. */
static void add_page_link(const struct web_request *request, const struct event_filter *filter,
			  GString *out)
{
	link_begin(request, "alternate", "text/html", out);
	page_link(request, out, "/rida/module-builds/");
	if (filter->by != EVENTS_OF_ALL) {
		html(out, "?");
		event_filter_query(out, filter);
	}
	html(out, "\"/>\n");
}

static void add_updated(GString *out, int64_t at)
{
	g_autofree char *text = timestamp_write(at);

	html(out, "<updated>");
	html_text(out, text ? text : NEVER);
	html(out, "</updated>\n");
}

static void add_author(GString *out, const char *name)
{
	html(out, "<author><name>");
	html_text(out, name);
	html(out, "</name></author>\n");
}

static void add_entry(const struct web_request *request, const struct event_facts *event,
		      GString *out)
{
	html(out, "<entry>\n<id>urn:uuid:");
	html_text(out, event->msg_id);
	html(out, "</id>\n<title>");
	html_text(out, event->name);
	html(out, ":");
	html_text(out, event->stream);
	html(out, " ");
	html_number(out, event->version);
	html(out, " is in state ");
	html_text(out, event_state_word(event));
	html(out, "</title>\n");
	add_updated(out, event->at);
	add_author(out, event->owner);
	link_begin(request, "alternate", "text/html", out);
	page_build_link(request, out, event->build_id);
	html(out, "\"/>\n<category term=\"");
	html_attr(out, event_state_word(event));
	html(out, "\"/>\n<summary>Build ");
	html_number(out, event->build_id);
	html(out, ": ");
	html_text(out, event->reason && *event->reason ? event->reason : event_state_word(event));
	html(out, "</summary>\n</entry>\n");
}

void view_feed(const struct web_request *request, const struct event_filter *filter,
	       const GPtrArray *events, struct reply *reply)
{
	const struct event_facts *newest = events->len > 0 ? events->pdata[0] : NULL;
	GString *out = reply->body;

	reply_header(reply, "Content-Type", "application/atom+xml; charset=utf-8");
	html(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
		  "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n");
	add_feed_id(request, filter, out);
	html(out, "<title>");
	html(out, "rida: ");
	event_filter_words(out, filter);
	html(out, "</title>\n");
	add_updated(out, newest ? newest->at : 0);
	add_author(out, "rida");
	link_begin(request, "self", "application/atom+xml", out);
	html_attr(out, request->prefix);
	event_feed_path(out, filter);
	html(out, "\"/>\n");
	add_page_link(request, filter, out);
	for (guint i = 0; i < events->len; i++)
		add_entry(request, events->pdata[i], out);
	html(out, "</feed>\n");
}

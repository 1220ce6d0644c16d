/* SPDX-License-Identifier: MIT */
#include "cgi/view/page.h"

#include "cgi/html.h"
#include "cgi/view/event_words.h"
#include "config.h"

static void add_head(const struct web_request *request, const struct page_head *head, GString *out)
{
	html(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		  "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	html_text(out, head->title);
	html(out, " \xc2\xb7 rida</title>\n<link rel=\"stylesheet\" href=\"");
	page_link(request, out, "/rida/static/rida.css?" PACKAGE_VERSION);
	html(out, "\">\n<link rel=\"icon\" type=\"image/svg+xml\" href=\"");
	page_link(request, out, "/rida/static/rida.svg");
	html(out, "\">\n");
	html(out, "<link rel=\"alternate\" type=\"application/atom+xml\" title=\"");
	html(out, "rida: ");
	event_filter_words(out, &head->feed);
	html(out, "\" href=\"");
	html_attr(out, request->prefix);
	event_feed_path(out, &head->feed);
	html(out, "\">\n");
	if (head->live) {
		html(out, "<script src=\"");
		page_link(request, out, "/rida/static/rida.js?" PACKAGE_VERSION);
		html(out, "\" defer></script>\n");
	}
	if (head->reloads) {
		html(out, "<noscript><meta http-equiv=\"refresh\" content=\"");
		html_number(out, head->reloads);
		html(out, "\"></noscript>\n");
	}
	html(out, "</head>\n");
}

static void begin_place(const struct page_head *head, enum page_place place, GString *out)
{
	html(out, " <a");
	if (head->place == place)
		html(out, " aria-current=\"true\"");
	html(out, " href=\"");
}

static void add_navigation(const struct web_request *request, const struct page_head *head,
			   GString *out)
{
	html(out, "<a class=\"skip\" href=\"#main\">Skip to the content</a>\n"
		  "<header><nav aria-label=\"Main\"><a class=\"home\" href=\"");
	page_link(request, out, "/rida/");
	html(out, "\">rida</a>");
	begin_place(head, PAGE_BUILDS, out);
	page_link(request, out, "/rida/module-builds/\">Builds</a>");
	begin_place(head, PAGE_EVENTS, out);
	page_link(request, out, "/rida/events\">Events</a>");
	begin_place(head, PAGE_STATES, out);
	page_link(request, out, "/rida/build-states/\">States</a>");
	begin_place(head, PAGE_STATUS, out);
	page_link(request, out, "/rida/status\">Status</a>");
	html(out, "</nav></header>\n");
}

void page_begin(const struct web_request *request, struct reply *reply,
		const struct page_head *head)
{
	GString *out = reply->body;

	reply->policy = POLICY_PAGE;
	reply_header(reply, "Content-Type", "text/html; charset=utf-8");
	add_head(request, head, out);
	html(out, "<body");
	if (head->live) {
		html(out, " data-live=\"");
		html_number(out, head->live);
		html(out, "\" data-events=\"");
		page_link(request, out, "/rida/events");
		html(out, "?");
		event_filter_query(out, &head->news);
		html(out, "\"");
	}
	html(out, ">\n");
	add_navigation(request, head, out);
	html(out, "<main id=\"main\">\n");
	if (head->live)
		html(out, "<p id=\"news\" role=\"status\"></p>\n");
}

void page_end(struct reply *reply)
{
	html(reply->body,
	     "</main>\n<footer><p>All times are UTC.</p></footer>\n</body>\n</html>\n");
}

void page_build_link(const struct web_request *request, GString *out, uint64_t id)
{
	page_link(request, out, "/rida/module-builds/");
	html_number(out, id);
}

void page_filter_link(const struct web_request *request, GString *out, const char *filter,
		      const char *value)
{
	html(out, "<a href=\"");
	page_link(request, out, "/rida/module-builds/?");
	html_attr(out, filter);
	html(out, "=");
	html_url_argument(out, value);
	html(out, "\">");
	html_text(out, value);
	html(out, "</a>");
}

void page_no_link(GString *out, const char *word)
{
	html(out, "<span class=\"off\" aria-hidden=\"true\">");
	html_text(out, word);
	html(out, "</span> ");
}

void page_badge(GString *out, const char *kind, const char *word)
{
	html(out, "<span class=\"badge ");
	html_attr(out, kind);
	html(out, "\">");
	html_text(out, word ? word : kind);
	html(out, "</span>");
}

void page_state(const struct web_request *request, GString *out, enum build_state state)
{
	html(out, "<a href=\"");
	page_link(request, out, "/rida/module-builds/?state=");
	html_attr(out, build_states[state].name);
	html(out, "\">");
	page_badge(out, build_states[state].name, NULL);
	html(out, "</a>");
}

void page_progress(GString *out, uint64_t done, uint64_t all)
{
	html(out, "<progress aria-hidden=\"true\" max=\"");
	html_number(out, all);
	html(out, "\" value=\"");
	html_number(out, done);
	html(out, "\"></progress>");
}

/* What a person may do about an error, where the message does not say it. */
static const char *advice(unsigned status)
{
	switch (status) {
	case 401:
	case 403:
		return "Builds can be read without an account.";
	case 404:
		return "It may have been mistyped, or the build it belongs to was never made.";
	case 500:
		return "It was written down. Trying again does no harm.";
	case 503:
		return "Builds go on meanwhile. Nothing is lost.";
	default:
		return NULL;
	}
}

static void add_ways_on(const struct web_request *request, const struct problem *problem,
			GString *out)
{
	html(out, "<p class=\"ways\">");
	if (problem->build_id) {
		html(out, "<a class=\"button\" href=\"");
		page_build_link(request, out, problem->build_id);
		html(out, "\">It is recorded as build ");
		html_number(out, problem->build_id);
		html(out, "</a> ");
	}
	if (problem->status >= 500 && request->method == METHOD_GET) {
		html(out, "<a class=\"button\" href=\"\">Try again</a> ");
	}
	html(out, "<a class=\"button\" href=\"");
	page_link(request, out, "/rida/module-builds/");
	html(out, "\">All builds</a></p>\n");
}

void view_problem_page(const struct web_request *request, const struct problem *problem,
		       struct reply *reply)
{
	const struct page_head head = { .title = problem->phrase, .place = PAGE_ELSEWHERE };
	GString *out = reply->body;

	page_begin(request, reply, &head);
	html(out, "<div class=\"problem\">\n<p class=\"status\">");
	html_number(out, problem->status);
	html(out, "</p>\n<h1>");
	html_text(out, problem->phrase);
	html(out, "</h1>\n<p class=\"message\">");
	html_text(out, problem->message);
	html(out, "</p>\n");
	if (advice(problem->status)) {
		html(out, "<p>");
		html_text(out, advice(problem->status));
		html(out, "</p>\n");
	}
	add_ways_on(request, problem, out);
	html(out, "</div>\n");
	page_end(reply);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/page.h"

#include "cgi/html.h"

void page_begin(const struct web_request *request, struct reply *reply, const char *title,
		bool is_live)
{
	GString *out = reply->body;

	reply->policy = POLICY_PAGE;
	reply_header(reply, "Content-Type", "text/html; charset=utf-8");
	html(out,
	     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
	html_text(out, title);
	html(out, " \xc2\xb7 rida</title>\n<link rel=\"stylesheet\" href=\"");
	page_link(request, out, "/rida/static/rida.css");
	html(out, "\">\n<link rel=\"icon\" href=\"");
	page_link(request, out, "/rida/static/rida.svg");
	html(out, "\">\n<script src=\"");
	page_link(request, out, "/rida/static/rida.js");
	html(out, "\" defer></script>\n</head>\n<body");
	if (is_live)
		html(out, " data-live=\"5\"");
	html(out, ">\n<header><nav aria-label=\"Main\"><a class=\"home\" href=\"");
	page_link(request, out, "/rida/");
	html(out, "\">rida</a> <a href=\"");
	page_link(request, out, "/rida/module-builds/");
	html(out, "\">Builds</a> <a href=\"");
	page_link(request, out, "/rida/build-states/");
	html(out, "\">States</a></nav></header>\n<main id=\"main\">\n");
}

void page_end(struct reply *reply)
{
	html(reply->body, "</main>\n<footer>All times are UTC.</footer>\n</body>\n</html>\n");
}

void page_badge(GString *out, const char *state)
{
	html(out, "<span class=\"badge ");
	html_attr(out, state);
	html(out, "\">");
	html_text(out, state);
	html(out, "</span>");
}

void view_problem_page(const struct web_request *request, const struct problem *problem,
		       struct reply *reply)
{
	GString *out = reply->body;

	page_begin(request, reply, problem->phrase, false);
	html(out, "<h1>");
	html_number(out, problem->status);
	html(out, " ");
	html_text(out, problem->phrase);
	html(out, "</h1>\n<p class=\"reason\">");
	html_text(out, problem->message);
	html(out, "</p>\n");
	if (problem->build_id) {
		html(out, "<p><a href=\"");
		page_link(request, out, "/rida/module-builds/");
		html_number(out, problem->build_id);
		html(out, "\">It is recorded as build ");
		html_number(out, problem->build_id);
		html(out, "</a></p>\n");
	}
	page_end(reply);
}

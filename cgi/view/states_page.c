/* SPDX-License-Identifier: MIT */
#include "cgi/view/states_page.h"

#include "cgi/html.h"
#include "cgi/view/page.h"

void view_states_page(const struct web_request *request, struct reply *reply)
{
	GString *out = reply->body;

	page_begin(request, reply, "States of a build", false);
	html(out,
	     "<h1>States of a build</h1>\n<table>\n<thead><tr><th>Number</th><th>State</th><th>Meaning</th></tr></thead>\n"
	     "<tbody>\n");
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		html(out, "<tr><td>");
		html_number(out, (uint64_t)i);
		html(out, "</td><td><a href=\"");
		page_link(request, out, "/rida/module-builds/?state=");
		html_attr(out, build_states[i].name);
		html(out, "\">");
		page_badge(out, build_states[i].name);
		html(out, "</a></td><td>");
		html_text(out, build_states[i].meaning);
		html(out, "</td></tr>\n");
	}
	html(out, "</tbody>\n</table>\n");
	page_end(reply);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/states_page.h"

#include "cgi/html.h"
#include "cgi/view/page.h"

void view_states_page(const struct web_request *request, struct reply *reply)
{
	const struct page_head head = { .title = "States of a build", .place = PAGE_STATES };
	GString *out = reply->body;

	page_begin(request, reply, &head);
	html(out,
	     "<h1>States of a build</h1>\n<table class=\"states\">\n<caption class=\"hidden\">States by number</caption>\n"
	     "<thead><tr><th scope=\"col\">Number</th><th scope=\"col\">State</th><th scope=\"col\">Meaning</th></tr></thead>\n"
	     "<tbody>\n");
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		html(out, "<tr><td>");
		html_number(out, (uint64_t)i);
		html(out, "</td><th scope=\"row\">");
		page_state(request, out, (enum build_state)i);
		html(out, "</th><td>");
		html_text(out, build_states[i].meaning);
		html(out, "</td></tr>\n");
	}
	html(out, "</tbody>\n</table>\n");
	page_end(reply);
}

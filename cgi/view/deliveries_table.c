/* SPDX-License-Identifier: MIT */
#include "cgi/view/deliveries_table.h"

#include "cgi/html.h"
#include "cgi/view/page.h"
#include "store/delivery_store.h"

static void add_row(const struct delivery *delivery, GString *out)
{
	html(out, "<tr><td class=\"state\">");
	if (delivery->status)
		html_number(out, delivery->status);
	else
		html(out, "no answer");
	html(out, "</td><td class=\"at\">");
	html_time(out, delivery->at);
	html(out, "</td><td class=\"took\">");
	html_number(out, delivery->milliseconds);
	html(out, " ms</td><td class=\"event\">");
	html_number(out, delivery->event_no);
	html(out, "</td><td class=\"by\">");
	html_text(out, delivery->receiver);
	html(out, "</td><td class=\"why\">");
	html_text(out, delivery->answer);
	html(out, "</td></tr>\n");
}

void view_deliveries(const struct build_details *details, GString *out)
{
	if (!details->deliveries || details->deliveries->len == 0)
		return;
	html(out,
	     "<section aria-labelledby=\"deliveries\">\n<h2 id=\"deliveries\">Deliveries</h2>\n<table class=\"trace\">\n"
	     "<caption class=\"hidden\">Messages and what their receiver answered, newest first</caption>\n<thead><tr>"
	     "<th scope=\"col\">Status</th><th scope=\"col\">At</th><th scope=\"col\">Took</th>"
	     "<th scope=\"col\">Event</th><th scope=\"col\">Receiver</th><th scope=\"col\">Answer</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < details->deliveries->len; i++)
		add_row(details->deliveries->pdata[i], out);
	html(out, "</tbody>\n</table>\n</section>\n");
}

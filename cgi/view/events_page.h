/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_EVENTS_PAGE_H
#define CGI_VIEW_EVENTS_PAGE_H

#include "cgi/event_query.h"
#include "cgi/reply.h"

/* One page of state changes, the newest first. */
struct event_list {
	GPtrArray *events; /* struct event_facts */
	bool has_newer;
	bool has_older;
};

/* now: for their ages. */
void view_events_page(const struct web_request *request, const struct event_query *query,
		      const struct event_list *list, int64_t now, struct reply *reply);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_EVENT_QUERY_H
#define CGI_EVENT_QUERY_H

/* The query of /rida/events: which events, after which one, how many. */

#include "cgi/request.h"
#include "store/event_list_store.h"

#define EVENTS_DEFAULT 100
#define EVENTS_MAX     1000

struct event_query {
	struct event_filter filter; /* its text is borrowed from the request */
	uint64_t after;
	uint64_t before; /* for pages, which go back from the newest; UINT64_MAX: from there */
	uint64_t limit;
	bool has_after;
};

/*
 * Reads one of name, owner and build, and after, before, limit. An EventSource that connects again
 * says in the header Last-Event-ID where it was, which is newer than its URL. Errors: MALFORMED,
 * naming the parameter.
 */
bool event_query_read(const struct web_request *request, uint64_t limit, struct event_query *ret,
		      GError **error);

#endif

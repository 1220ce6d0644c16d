/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_FEED_H
#define CGI_VIEW_FEED_H

/* Atom (RFC 4287): the newest state changes of all builds, of a module, or of an owner's builds. */

#include "cgi/reply.h"
#include "cgi/request.h"
#include "store/event_list_store.h"

/* events: struct event_facts, the newest first. */
void view_feed(const struct web_request *request, const struct event_filter *filter,
	       const GPtrArray *events, struct reply *reply);

#endif

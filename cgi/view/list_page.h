/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_LIST_PAGE_H
#define CGI_VIEW_LIST_PAGE_H

#include "cgi/build_list.h"
#include "cgi/reply.h"

/* The list of builds, with its filters and the way to its other pages; now: for their ages. */
void view_list_page(const struct web_request *request, const struct build_list_wants *wants,
		    const struct build_list *list, int64_t now, struct reply *reply);

/* The list's page for filters that cannot be read: the form as it was sent, and what is wrong. */
void view_list_problem(const struct web_request *request, const char *message, struct reply *reply);

#endif

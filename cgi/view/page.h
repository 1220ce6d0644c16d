/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_PAGE_H
#define CGI_VIEW_PAGE_H

/* What all pages have: head, navigation, foot; badges of states; the page of an error. */

#include "cgi/reply.h"
#include "cgi/request.h"
#include "cgi/view/json.h"
#include "model/build.h"

/* Marks the reply as a page and begins it. is_live: the script asks again while it is open. */
void page_begin(const struct web_request *request, struct reply *reply, const char *title,
		bool is_live);
void page_end(struct reply *reply);

/* A link below the prefix: path is a literal of ours. */
#define page_link(request, out, literal) (html_attr((out), (request)->prefix), html((out), literal))

/* The state as a coloured word. */
void page_badge(GString *out, const char *state);

void view_problem_page(const struct web_request *request, const struct problem *problem,
		       struct reply *reply);

#endif

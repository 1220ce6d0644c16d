/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_BUILD_PAGE_H
#define CGI_VIEW_BUILD_PAGE_H

#include "cgi/build_details.h"
#include "cgi/reply.h"
#include "cgi/request.h"

/* One build: facts, progress, components with their logs, what happened when. */
void view_build_page(const struct web_request *request, const struct build_details *details,
		     struct reply *reply);

#endif

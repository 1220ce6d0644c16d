/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_STATUS_PAGE_H
#define CGI_VIEW_STATUS_PAGE_H

#include "cgi/reply.h"
#include "cgi/request.h"
#include "cgi/service_status.h"

/* What is wrong now, if anything; figures; and the builds that wait, each with its reason. */
void view_status_page(const struct web_request *request, const struct service_status *status,
		      struct reply *reply);

#endif

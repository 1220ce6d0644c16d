/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_STATES_PAGE_H
#define CGI_VIEW_STATES_PAGE_H

#include "cgi/reply.h"
#include "cgi/request.h"

void view_states_page(const struct web_request *request, struct reply *reply);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_BUILD_STATUS_H
#define CGI_VIEW_BUILD_STATUS_H

#include "cgi/build_details.h"
#include "cgi/request.h"

/*
 * The panel at the top of a build's page, which answers the one question that its reader has now:
 * what is being waited for, what has failed and where the log is, or how the module is used.
 */
void view_build_status(const struct web_request *request, const struct build_details *details,
		       GString *out);

/* Whether its page will change by itself. */
bool view_build_is_moving(const struct build *build);

#endif

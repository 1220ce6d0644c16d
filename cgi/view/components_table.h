/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_COMPONENTS_TABLE_H
#define CGI_VIEW_COMPONENTS_TABLE_H

#include "cgi/build_details.h"
#include "cgi/request.h"

/* The components by batch: progress, tasks, states, logs, and the end of the log of each that
 * failed. */
void view_components(const struct web_request *request, const struct build_details *details,
		     GString *out);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_STATUS_JSON_H
#define CGI_VIEW_STATUS_JSON_H

#include "cgi/reply.h"
#include "cgi/service_status.h"

void view_status_json(const struct service_status *status, struct reply *reply);

/* The query that asks for the next page: "?after=42". */
void status_append_next(const struct service_status *status, GString *out);

#endif

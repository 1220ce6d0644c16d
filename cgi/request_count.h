/* SPDX-License-Identifier: MIT */
#ifndef CGI_REQUEST_COUNT_H
#define CGI_REQUEST_COUNT_H

/* Requests counted by their route and status. */

#include "base/config.h"
#include "cgi/router.h"

/* Opens the meter of all web processes of this host; where that is impossible, a warning is logged
 * and nobody counts. */
void request_count_open(const struct config *config);

/* route is NULL for what fits none. */
void request_count(const struct route *route, unsigned status, int64_t microseconds);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_WATCHERS_H
#define CGI_WATCHERS_H

/* Who may read how the service works inside (metrics_for). */

#include "base/config.h"
#include "cgi/request.h"

/* Whether all entries can be understood. Errors: MALFORMED. */
bool watchers_check(const struct config *config, GError **error);

/* Whether the request comes from such an address. One that somebody handed on does not: whose it
 * was is that one's word. Errors: FORBIDDEN. */
bool watchers_admit(const struct config *config, const struct web_request *request, GError **error);

#endif

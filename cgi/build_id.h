/* SPDX-License-Identifier: MIT */
#ifndef CGI_BUILD_ID_H
#define CGI_BUILD_ID_H

#include "cgi/request.h"

/* The build's number in the URL. Errors: MISSING for what is no number. */
bool build_id_read(const struct web_request *request, uint64_t *ret, GError **error);

/* The error for a number that no build has: MISSING. Returns false. */
bool build_is_missing(uint64_t id, GError **error);

#endif

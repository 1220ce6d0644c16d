/* SPDX-License-Identifier: MIT */
#ifndef CGI_JSON_BODY_H
#define CGI_JSON_BODY_H

#include "cgi/request.h"
#include "text/json.h"

/*
 * The JSON object that a request brings. A browser on somebody else's page must not be able to
 * send one with its user's credentials: an Origin that is not this host is refused, so is what the
 * browser calls cross-site, and with an Origin the type must be application/json, which such a page
 * may not send unasked. Without one the type may be what curl says by itself: no form can make
 * JSON of that type. ret_digest, SHA-256 of the body in hexadecimal, may be NULL. Errors:
 * MALFORMED, FORBIDDEN.
 */
bool json_body_read(const struct web_request *request, uint64_t max, struct json_object **ret,
		    char **ret_digest, GError **error);

/* A text of the object that must not be empty, lent; advice says what to send. Errors: MALFORMED.
 */
bool json_body_text(struct json_object *body, const char *key, size_t max, const char *advice,
		    const char **ret, GError **error);

#endif

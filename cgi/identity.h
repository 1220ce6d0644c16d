/* SPDX-License-Identifier: MIT */
#ifndef CGI_IDENTITY_H
#define CGI_IDENTITY_H

/*
 * Who is asking. A name is believed only with "auth: front", and only when the web server says so
 * in a parameter that no client can set: RIDA_AUTH_BY, once, with the configured marker. Headers
 * of the client (HTTP_…) are never read for this. A name is taken whole, with its realm, so that
 * nobody is taken for somebody of another realm.
 */

#include "base/config.h"
#include "cgi/request.h"

/* What a caller without a name is called in rows and messages. */
#define ANONYMOUS "anonymous"

/* The caller's name, which the caller of this function frees; NULL: nobody knows. */
char *identity_of(const struct config *config, const struct web_request *request);

/* The caller's name, or ANONYMOUS. */
const char *identity_name(const struct web_request *request);

/* Whether the caller is known and one of the listed users. */
bool identity_is_among(const struct web_request *request, char *const *users);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_ETAG_H
#define CGI_ETAG_H

#include "cgi/reply.h"
#include "cgi/request.h"

/* Whether an If-None-Match header names the tag; compared weakly, "*" names all. Either may be
 * NULL. */
bool etag_matches(const char *if_none_match, const char *etag);

/* Gives the reply this weak tag (without quotes). True: the client has it already, the reply is a
 * 304 and needs no body. */
bool reply_etag(const struct web_request *request, struct reply *reply, const char *tag);

/* The same for a whole body that its handler gave no tag, and that may be stored. */
bool reply_etag_of_body(const struct web_request *request, struct reply *reply);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_SERVE_H
#define CGI_SERVE_H

/* One request from its parameters to the last byte of its answer, the same for FastCGI and CGI. */

#include "cgi/app.h"
#include "cgi/reply.h"
#include "cgi/request.h"

/* How the transport is spoken to. */
struct exchange {
	char *const *parameters; /* "NAME=VALUE", NULL-terminated */
	body_read_fn *read_body;
	reply_sink_fn *write;
	void *stream;
};

/* Answers, whatever happens. False: the answer broke off, and the connection must end without its
 * proper end. */
bool serve(struct app *app, const struct exchange *exchange);

#endif

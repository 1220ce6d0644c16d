/* SPDX-License-Identifier: MIT */
#ifndef CGI_PROBLEM_H
#define CGI_PROBLEM_H

/* Errors as answers: the one table from error codes to HTTP statuses. */

#include "cgi/app.h"
#include "cgi/reply.h"
#include "cgi/request.h"

unsigned problem_status(const GError *error);

/*
 * Fills the reply with {"status", "error", "message"}, or with a page. What is our fault is logged
 * with an incident id, and only that id is told; so is what the database said when it is away.
 */
void problem_answer(struct app *app, const struct web_request *request, const GError *error,
		    struct reply *reply);

#endif

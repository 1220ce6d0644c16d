/* SPDX-License-Identifier: MIT */
#ifndef CGI_APP_H
#define CGI_APP_H

/* What the requests of one worker share. */

#include "base/config.h"
#include "cgi/database.h"
#include "cgi/reply.h"

struct app {
	const struct config *config;
	struct database *database;
	bool takes_submissions; /* this pool handles POST */
};

/* reply_flush() of an answer that is read row by row: once it has begun it may take as long as
 * something comes. */
bool app_flush(struct app *app, struct reply *reply);

#endif

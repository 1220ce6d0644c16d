/* SPDX-License-Identifier: MIT */
#ifndef CGI_APP_H
#define CGI_APP_H

/* What the requests of one worker share. */

#include "base/config.h"
#include "cgi/database.h"

struct app {
	const struct config *config;
	struct database *database;
	bool takes_submissions; /* this pool handles POST */
};

#endif

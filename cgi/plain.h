/* SPDX-License-Identifier: MIT */
#ifndef CGI_PLAIN_H
#define CGI_PLAIN_H

#include "cgi/app.h"

/* Serves the one request of a CGI process: its environment, standard input and output. */
bool plain_serve(struct app *app, char *const *environment);

#endif

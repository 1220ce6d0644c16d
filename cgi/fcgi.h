/* SPDX-License-Identifier: MIT */
#ifndef CGI_FCGI_H
#define CGI_FCGI_H

/*
 * The door to libfcgi: one worker's loop. Connections are not kept, so that no idle one holds a
 * worker. The process environment is never touched by a request.
 */

#include "cgi/app.h"

/* Whether descriptor 0 is a listening socket. */
bool fcgi_has_socket(void);

/*
 * Serves requests that arrive at the listening socket, which it makes non-blocking, until the
 * descriptor stop is readable or max requests were served.
 */
void fcgi_serve(struct app *app, int listener, uint64_t max, int stop);

#endif

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
 * Serves requests that arrive at the listening socket, which it makes non-blocking, until *stop is
 * set by a signal handler or max requests were served. The signals that may set it are blocked by
 * the caller and let through only while waiting.
 */
void fcgi_serve(struct app *app, int listener, uint64_t max, const volatile int *stop);

#endif

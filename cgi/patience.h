/* SPDX-License-Identifier: MIT */
#ifndef CGI_PATIENCE_H
#define CGI_PATIENCE_H

/*
 * How long a worker puts up with a slow client behind a web server that does not buffer (Apache):
 * while nobody else waits, for long; while others wait at the socket, for one second. nginx
 * buffers bodies and answers, so that there a client's pace never gets here.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct patience {
	int connection;
	int listener;
	int64_t asked;  /* when a part of the body was first waited for, monotonic; 0: not yet */
	size_t sent;    /* bytes of the answer */
	bool is_at_end; /* the answer was given up */
};

/* Begins with a request. */
void patience_init(struct patience *patience, int connection, int listener);

/* Whether more of a body is worth reading; a single read ends after three seconds. What the request
 * took before is not the client's fault. */
bool patience_with_body(struct patience *patience);

/* Waits until the connection takes so many bytes more, where it could lack the room for them;
 * false: the client is given up. A single write ends after ten seconds. */
bool patience_with_answer(struct patience *patience, size_t length);

#endif

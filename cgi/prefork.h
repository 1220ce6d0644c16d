/* SPDX-License-Identifier: MIT */
#ifndef CGI_PREFORK_H
#define CGI_PREFORK_H

/*
 * A parent that keeps a number of workers at a socket: a worker that ends is replaced, with a pause
 * that doubles while workers die young; TERM ends all within seconds; HUP replaces all, each after
 * its request.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct prefork {
	uint64_t workers;
	/* Runs in the worker until the descriptor stop is readable; its end is the worker's end. */
	void (*work)(void *data, int stop);
	/* Runs in the parent before workers are replaced; may be NULL. */
	void (*renew)(void *data);
	void *data;
};

/* Listens on a unix socket with mode 0660, in the place of an old one; group may be NULL. Errors:
 * UNAVAILABLE. */
bool prefork_listen(const char *path, const char *group, int *ret_fd, GError **error);

/* Keeps the workers until TERM or INT. */
void prefork_run(const struct prefork *prefork);

#endif

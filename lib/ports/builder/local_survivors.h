/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_SURVIVORS_H
#define PORTS_BUILDER_LOCAL_SURVIVORS_H

/*
 * What outlives a rida-job that was killed. Its processes die with it, but for one instant:
 * bubblewrap's inner process, between its birth and its map of users, waits for its parent for
 * ever. It is known by its program and by an argument below the job's work tree, and nobody else
 * is: whoever merely looks at that folder is left alone.
 */

#include <glib.h>
#include <stdbool.h>

/* Ends the survivors of a lost job and waits for them; while somebody serves the job, it does
 * nothing. Errors: UNAVAILABLE when one does not end. */
bool local_survivors_end(const char *dir, GError **error);

#endif

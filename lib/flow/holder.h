/* SPDX-License-Identifier: MIT */
#ifndef FLOW_HOLDER_H
#define FLOW_HOLDER_H

/*
 * Who holds a claim: "host boot-id/pid-namespace pid start-time". A pass finds out from this
 * whether the holder of a claim on its own host still lives, and need not wait for the lease.
 */

#include <glib.h>
#include <stdbool.h>

/* This process as a holder; the caller frees it. */
char *holder_self(void);

/* What all holders of this process's host start with; the caller frees it. */
char *holder_host(const char *holder);

/* Whether the process that another holder names is certainly gone. False when it cannot be known.
 */
bool holder_is_gone(const char *other, const char *self);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FLOW_ANNOUNCE_H
#define FLOW_ANNOUNCE_H

/*
 * The drain of the outbox, under one lease, so that one process does it at a time: it gives the
 * state changes that were committed their event numbers, and sends their messages, wave by wave. A
 * wave has of each build only its first message that is not settled, so that no message overtakes
 * an earlier one of its build and none waits for another build's. A message is marked as sent after
 * the bus accepted it: at least once.
 */

#include <signal.h>

#include "base/config.h"
#include "store/db.h"

struct bus_ops;

struct announce_wants {
	const struct config *config;
	const char *holder;                /* of the lease; holder_self() */
	int64_t deadline;                  /* g_get_monotonic_time() microseconds */
	const volatile sig_atomic_t *stop; /* end after the current wave; NULL: none */
	const struct bus_ops *bus;         /* NULL: the configuration's */
};

/* Whether there is something to number or to send now; reads only. */
bool announce_is_wanted(struct db *db, bool *ret, GError **error);

/*
 * Numbers and sends what waits until nothing can be sent now or the deadline. A bus that is away is
 * logged and is no error: the messages wait, and after failures in a row nobody tries for a while.
 * Changes no row when nothing waits. Errors: the database's.
 */
bool announce_run(struct db *db, const struct announce_wants *wants, unsigned *ret_sent,
		  GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FLOW_ANNOUNCE_H
#define FLOW_ANNOUNCE_H

/*
 * Drains the outbox to the bus, in the order of each build's events, under one lease, so that one
 * pass sends at a time. A message is marked as sent after the bus accepted it: at least once.
 */

#include "base/config.h"
#include "store/db.h"

/*
 * Sends what waits until nothing is left or the deadline (g_get_monotonic_time() microseconds). A
 * bus that is away is logged and is no error: the messages wait. Changes no row when nothing waits.
 */
bool announce_run(struct db *db, const struct config *config, const char *holder, int64_t deadline,
		  unsigned *ret_sent, GError **error);

#endif

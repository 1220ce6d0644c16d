/* SPDX-License-Identifier: MIT */
#ifndef FLOW_LISTENER_H
#define FLOW_LISTENER_H

/*
 * Hears, in a thread beside the passes of a lingering scheduler, what Koji and Greenwave say on the
 * bus: the builds that it may be about are looked at in the next pass instead of when their time
 * has come. Everything is found without it, too, only later; so whatever goes wrong here is a line
 * in the log.
 */

#include "base/config.h"

struct listener;
typedef struct listener Listener;

/* Starts to listen; NULL when the configuration names no queue. The configuration is borrowed. */
struct listener *listener_new(const struct config *config);

/* Ends within the bus's time-out. */
void listener_free(struct listener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Listener, listener_free)

#endif

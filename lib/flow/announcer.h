/* SPDX-License-Identifier: MIT */
#ifndef FLOW_ANNOUNCER_H
#define FLOW_ANNOUNCER_H

/*
 * The drain of the outbox beside the passes, in a thread with a connection of its own: a slow bus
 * takes no time from any state change. A process has one; passes ask it to look.
 */

#include <signal.h>

#include "base/config.h"

struct announcer;
typedef struct announcer Announcer;

/* Starts nothing yet; configuration and holder are borrowed. stop: a signal's flag, NULL: none. */
struct announcer *announcer_new(const struct config *config, const char *holder,
				const volatile sig_atomic_t *stop);

/* Waits for the drain that is running, which is bounded by options, and ends. */
void announcer_free(struct announcer *announcer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Announcer, announcer_free)

/* Something may wait: drain it soon. */
void announcer_wake(struct announcer *announcer);

/* Waits until all that was asked for is done; how many messages were sent since the last call. */
unsigned announcer_finish(struct announcer *announcer);

/* How many messages were sent since the last call, without waiting. */
unsigned announcer_sent(struct announcer *announcer);

#endif

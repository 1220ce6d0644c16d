/* SPDX-License-Identifier: MIT */
#ifndef WIRE_WATCHDOG_H
#define WIRE_WATCHDOG_H

/*
 * Ends a connection whose time is over, whoever waits on it: for libraries that have no time-out of
 * their own while they send. What waits in them then fails as with any lost connection.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct watchdog;
typedef struct watchdog Watchdog; /* the name that g_autoptr needs */

/* Errors: UNAVAILABLE when there is no thread for it. */
bool watchdog_new(struct watchdog **ret, GError **error);
void watchdog_free(struct watchdog *dog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watchdog, watchdog_free)

/* From now until watchdog_rest() the socket is shut down when the deadline
 * (g_get_monotonic_time() microseconds) comes. It must stay open until then. */
void watchdog_watch(struct watchdog *dog, int socket, int64_t deadline);
void watchdog_rest(struct watchdog *dog);

/* Whether it has ended the connection. */
bool watchdog_has_bitten(struct watchdog *dog);

#endif

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

/* For a connected socket, of which it keeps a descriptor of its own: the library may close its one,
 * and its number be another file's, whenever it likes. Errors: UNAVAILABLE when there is no thread
 * or descriptor left. */
bool watchdog_new(int socket, struct watchdog **ret, GError **error);
void watchdog_free(struct watchdog *dog);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Watchdog, watchdog_free)

/* From now until watchdog_rest() the connection is shut down when the deadline
 * (g_get_monotonic_time() microseconds) comes. */
void watchdog_watch(struct watchdog *dog, int64_t deadline);
void watchdog_rest(struct watchdog *dog);

/* Whether it has ended the connection. */
bool watchdog_has_bitten(struct watchdog *dog);

#endif

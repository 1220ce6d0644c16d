/* SPDX-License-Identifier: MIT */
#ifndef WIRE_ADDRESS_H
#define WIRE_ADDRESS_H

/* Internet addresses: resolved by us, vetted, and pinned. */

#include <glib.h>
#include <netinet/in.h>
#include <stdbool.h>

/* Whether the address is loopback, private, link-local, multicast, unspecified, NAT64 of such, or
 * otherwise not public. */
bool address_is_private(const struct sockaddr *address);

struct address_wants {
	const char *host;
	unsigned port;
	bool private_addresses; /* they may be used as well */
	unsigned timeout;       /* seconds for the name service */
};

/*
 * Resolves a host and returns as text the addresses that may be used: at least one, at most eight,
 * each once, in the name service's order; NULL at the end. Errors: UNAVAILABLE, FORBIDDEN when only
 * private ones are found and they are not allowed.
 */
bool address_resolve(const struct address_wants *wants, char ***ret, GError **error);

/* The first of these addresses at which a server answers on the wanted port; the last one is not
 * asked. For programs that take one address only. */
const char *address_reachable(char **addresses, const struct address_wants *wants);

#endif

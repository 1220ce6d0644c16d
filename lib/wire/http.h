/* SPDX-License-Identifier: MIT */
#ifndef WIRE_HTTP_H
#define WIRE_HTTP_H

/*
 * HTTP through libcurl, the one door to it. No proxies, no redirects, no netrc; certificates are
 * always checked; addresses are vetted when the connection is made, so that a name that changes its
 * address is caught too.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct http_wants {
	const char *url;
	unsigned timeout;       /* seconds for the whole exchange */
	bool private_addresses; /* loopback, link-local and private servers are allowed */
	uint64_t max_bytes;     /* of the body */
};

/* What http_send says besides the URL. */
struct http_message {
	const char *method;
	const char *const *headers; /* "Name: value", NULL at the end */
	const char *body;
};

/* Any method with a body; *ret_status is the server's, what it answers besides is thrown away.
 * Errors: UNAVAILABLE (timeout, refused), FORBIDDEN for a vetted-out address. */
bool http_send(const struct http_wants *wants, const struct http_message *message,
	       unsigned *ret_status, GError **error);

/*
 * GET into an open file; the body's digest (hex, of that GLib type) is returned. Errors:
 * UNAVAILABLE, MISSING for 404, UNACCEPTABLE when larger than max_bytes.
 */
bool http_fetch(const struct http_wants *wants, int fd, GChecksumType digest, char **ret_hex,
		GError **error);

/* Many HEADs at once over one multi handle; statuses[i] is 0 where errors[i] is set.
 * Errors: as of http_send. */
void http_head_many(const struct http_wants *wants, size_t count, unsigned parallel,
		    unsigned *statuses, GError **errors);

#endif

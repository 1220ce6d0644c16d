/* SPDX-License-Identifier: MIT */
#ifndef WIRE_BROKER_URL_H
#define WIRE_BROKER_URL_H

/*
 * Where a broker of AMQP 0-9-1 is: amqp://HOST[:PORT][/VHOST] or amqps://..., as RabbitMQ's URI
 * specification has it, but without user and password, which belong into files. The virtual host is
 * one segment, percent-encoded: /%2Fpubsub is "/pubsub". None, or an empty one, is "/".
 */

#include <glib.h>
#include <stdbool.h>

struct broker_url {
	char *host; /* without brackets */
	unsigned port;
	bool is_secure;
	char *vhost;
};

/* Errors: MALFORMED, naming the part that is wrong. */
bool broker_url_read(const char *text, struct broker_url *ret, GError **error);
void broker_url_clear(struct broker_url *url);

#endif

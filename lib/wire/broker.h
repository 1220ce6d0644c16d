/* SPDX-License-Identifier: MIT */
#ifndef WIRE_BROKER_H
#define WIRE_BROKER_H

/*
 * A broker of AMQP 0-9-1, as RabbitMQ is one: a connection with a channel whose published messages
 * are confirmed, and one that messages are taken from. No call lasts longer than the time-out.
 * After an error UNAVAILABLE, and after the event BROKER_ENDED, the connection can only be closed.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/broker_login.h"
#include "wire/broker_message.h"

struct broker;
typedef struct broker Broker; /* the name that g_autoptr needs */

/* Borrowed until broker_open() returns. */
struct broker_options {
	const struct broker_login *login; /* neither user nor certificate: we are "guest" */
	unsigned timeout;                 /* seconds of each call */
	int64_t deadline;                 /* as of broker_set_deadline() */
	unsigned body_bytes; /* longer messages that come in are given without their body */
};

/* Connects, checks certificate and host name, and logs in. Errors: FORBIDDEN when the broker does
 * not know us or we not it, UNACCEPTABLE for certificates that cannot be used, UNAVAILABLE. */
bool broker_open(const struct broker_options *options, struct broker **ret, GError **error);
void broker_close(struct broker *broker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Broker, broker_close)

/* From now on no call lasts beyond this moment (g_get_monotonic_time() microseconds) either. */
void broker_set_deadline(struct broker *broker, int64_t deadline);

/*
 * Sends a message that is kept on the broker's disks and comes back when no queue wants it. It is
 * confirmed under the tag: 1 for the first message of a channel, rising by one. Errors:
 * UNACCEPTABLE for what the protocol cannot carry, UNAVAILABLE.
 */
bool broker_publish(struct broker *broker, const struct broker_message *message, uint64_t *ret_tag,
		    GError **error);

/* What the broker says next about what was published: 1, or 0 when the deadline
 * (g_get_monotonic_time() microseconds) has come without it. One that has passed: what is there is
 * looked at, and nothing waited for. Errors: UNAVAILABLE. */
int broker_next(struct broker *broker, int64_t deadline, struct broker_event *ret, GError **error);

/* Opens the channel again that was closed; tags begin at 1. Errors: UNAVAILABLE. */
bool broker_reopen(struct broker *broker, GError **error);

/* Why the broker takes nothing at present, in its words; NULL when it does. Lent. */
const char *broker_blocked(const struct broker *broker);

/* Makes a durable queue and binds it to the topics of an exchange; a queue that we may not make is
 * used as it is. Errors: FORBIDDEN, UNAVAILABLE. */
bool broker_listen(struct broker *broker, const char *queue, const char *exchange,
		   char *const *topics, GError **error);

/* Takes the next message of the queue: 1, or 0 when it is empty. ret_body is NULL for one that is
 * too long. The caller frees both. Errors: UNAVAILABLE. */
int broker_take(struct broker *broker, const char *queue, char **ret_topic, char **ret_body,
		GError **error);

/* All that was taken is done with. Errors: UNAVAILABLE. */
bool broker_acknowledge(struct broker *broker, GError **error);

#endif

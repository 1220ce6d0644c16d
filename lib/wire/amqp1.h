/* SPDX-License-Identifier: MIT */
#ifndef WIRE_AMQP1_H
#define WIRE_AMQP1_H

/*
 * A broker of AMQP 1.0, as ActiveMQ and Artemis are: messages are sent to addresses, and each is
 * settled by the broker; messages are taken from a queue and settled by us. No call lasts beyond
 * its deadline (g_get_monotonic_time() microseconds). After an error UNAVAILABLE the connection can
 * only be closed.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/broker_login.h"

struct amqp1;
typedef struct amqp1 Amqp1; /* the name that g_autoptr needs */

/* Errors: UNSUPPORTED where the library is not; nothing else may be called then. */
bool amqp1_is_built_in(GError **error);

/* Connects, checks certificate and host name, and logs in, all until the deadline. The login is
 * borrowed until then, and its virtual host not used. Errors: FORBIDDEN when the broker does not
 * let us in, UNACCEPTABLE for certificates that cannot be used, UNAVAILABLE. */
bool amqp1_open(const struct broker_login *login, int64_t deadline, struct amqp1 **ret,
		GError **error);
void amqp1_close(struct amqp1 *amqp1);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Amqp1, amqp1_close)

/* A text or a number that receivers can filter by. */
struct amqp1_property {
	const char *name;
	const char *text; /* NULL: the number */
	int64_t number;
};

/* Kept on the broker's disks; everything is borrowed. */
struct amqp1_message {
	const char *address;
	const char *id;
	const char *subject;
	const char *content_type;
	const char *body;
	int64_t at; /* microseconds since 1970 */
	const struct amqp1_property *properties;
	size_t property_count;
};

enum amqp1_settled {
	AMQP1_UNSETTLED, /* not sent, or without an answer */
	AMQP1_ACCEPTED,
	AMQP1_RELEASED, /* not taken now; also the answer "modified" */
	AMQP1_REJECTED,
	AMQP1_NO_LINK, /* its address was refused */
};
struct amqp1_outcome {
	enum amqp1_settled settled;
	char *condition; /* why, as "amqp:not-allowed"; NULL: nobody said */
	char *words;
};
void amqp1_outcome_clear(struct amqp1_outcome *outcome);

/* Sends them in this order, so many without an answer at once, until the deadline; outcomes are
 * zeroed by the caller. Errors: UNAVAILABLE. */
struct amqp1_batch {
	const struct amqp1_message *messages;
	struct amqp1_outcome *outcomes;
	size_t count;
	unsigned window;
	unsigned timeout; /* seconds without any answer */
	int64_t deadline;
};
bool amqp1_send(struct amqp1 *amqp1, const struct amqp1_batch *batch, GError **error);

/* What was taken from a queue; body is NULL when it is no text or longer than wanted. */
struct amqp1_taken {
	char *subject;
	char *address;
	char *body;
};
typedef void amqp1_take_fn(void *data, const struct amqp1_taken *taken);

/* What is wanted of a queue. */
struct amqp1_wish {
	const char *queue;
	unsigned limit;
	size_t body_bytes;
	int64_t deadline;
	amqp1_take_fn *take;
	void *data;
};

/* Takes what is in the queue now. Errors: FORBIDDEN, MISSING, UNAVAILABLE. */
bool amqp1_receive(struct amqp1 *amqp1, const struct amqp1_wish *wish, GError **error);

/* All that was taken is done with. Errors: UNAVAILABLE. */
bool amqp1_acknowledge(struct amqp1 *amqp1, int64_t deadline, GError **error);

#endif

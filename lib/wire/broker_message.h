/* SPDX-License-Identifier: MIT */
#ifndef WIRE_BROKER_MESSAGE_H
#define WIRE_BROKER_MESSAGE_H

/* What is said to a broker, and what it says of it. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define BROKER_TEXT_MAX 255 /* bytes of a short text in AMQP: a topic, a name */

enum broker_header_kind {
	BROKER_TRUE,
	BROKER_TEXT,
	BROKER_NUMBER,
};

struct broker_header {
	char *name; /* at most BROKER_TEXT_MAX bytes */
	enum broker_header_kind kind;
	char *text;
	int32_t number;
};

struct broker_message {
	char *exchange, *topic, *id; /* at most BROKER_TEXT_MAX bytes each */
	char *content_type, *encoding;
	GArray *headers; /* struct broker_header */
	char *body;
};
void broker_message_clear(struct broker_message *message);
typedef struct broker_message BrokerMessage; /* the name that g_auto needs */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BrokerMessage, broker_message_clear)

/* Adds a header, which the message owns from then on. */
void broker_message_add(struct broker_message *message, struct broker_header header);

/* Errors: UNACCEPTABLE for a text that is too long for the protocol. */
bool broker_message_check(const struct broker_message *message, GError **error);

enum broker_event_kind {
	BROKER_ACCEPTED, /* the tag, and with is_multiple all before it */
	BROKER_NACKED,   /* likewise, not taken */
	BROKER_RETURNED, /* no queue wants the message of this id; its confirmation follows */
	BROKER_CLOSED,   /* the channel: one of the unconfirmed messages was at fault */
	BROKER_ENDED,    /* the connection */
};

struct broker_event {
	enum broker_event_kind kind;
	uint64_t tag;
	bool is_multiple;
	unsigned code; /* of AMQP, in the last three */
	char *text;    /* the broker's words in the last three */
	char *id;
};
void broker_event_clear(struct broker_event *event);
typedef struct broker_event BrokerEvent; /* the name that g_auto needs */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BrokerEvent, broker_event_clear)

#endif

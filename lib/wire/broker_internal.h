/* SPDX-License-Identifier: MIT */
#ifndef WIRE_BROKER_INTERNAL_H
#define WIRE_BROKER_INTERNAL_H

/*
 * The door to librabbitmq, and what the files of a broker share. A call of the library stands
 * between broker_begin() and one of the ends, so that none lasts longer than the time-out.
 */

#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#include "wire/broker.h"
#include "wire/watchdog.h"

#define BROKER_SENDING 1 /* the channels */
#define BROKER_TAKING  2

struct broker {
	amqp_connection_state_t connection;
	struct watchdog *dog;
	char *place; /* for messages */
	unsigned timeout, body_bytes;
	int64_t deadline;
	uint64_t tag, taken; /* of the last message that was published, and of the last taken */
	bool is_returning;   /* what comes next is the content of a message that was returned */
	bool is_useless;
	char *returned_text;
	unsigned returned_code;
	char *blocked;
};

/* When the call that begins now has to end. */
int64_t broker_deadline(const struct broker *broker);

/* From here on nothing that the library does with the connection lasts longer. */
void broker_begin(struct broker *broker);

/* Ends what broker_begin() began, with what the library said of it. Errors: UNAVAILABLE. */
bool broker_end(struct broker *broker, int status, const char *doing, GError **error);

/* Ends what broker_begin() began with a question to the broker on that channel. Errors: FORBIDDEN,
 * UNAVAILABLE. */
bool broker_end_question(struct broker *broker, amqp_channel_t channel, amqp_rpc_reply_t reply,
			 const char *doing, GError **error);

bool broker_open_channel(struct broker *broker, amqp_channel_t channel, GError **error);

/* What the broker said when it closed a channel or the connection; the caller frees the text. */
void broker_read_close(const amqp_method_t *method, unsigned *ret_code, char **ret_text);

/* Agrees to that: of a channel, or with 0 of the connection. */
void broker_answer_close(struct broker *broker, amqp_channel_t channel);

/* 1, or 0 when none came until the deadline, -1 when none can come any more. Whoever reads several
 * looks at the time between them: a broker may talk without end. */
int broker_next_frame(struct broker *broker, int64_t deadline, amqp_frame_t *frame, GError **error);

/* Reads a frame that is no part of a message that is taken: 1 when it is an event. Frames of no
 * interest, as the body of a returned message, are 0. */
int broker_read_frame(struct broker *broker, const amqp_frame_t *frame, struct broker_event *ret);

/* The broker's words as text, which the caller frees; ours in its form, borrowed. */
char *broker_text(amqp_bytes_t bytes);
amqp_bytes_t broker_bytes(const char *text);

#endif

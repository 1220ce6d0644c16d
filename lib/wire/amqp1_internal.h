/* SPDX-License-Identifier: MIT */
#ifndef WIRE_AMQP1_INTERNAL_H
#define WIRE_AMQP1_INTERNAL_H

/*
 * The door to qpid-proton, and what the files of AMQP 1.0 share. The library's engine is used
 * without its own sockets: bytes go through a socket of ours, so that each wait has its end. What
 * the engine knows is read from its objects after each step; events only drive it.
 */

#include <proton/codec.h>
#include <proton/connection_driver.h>
#include <proton/engine.h>
#include <proton/message.h>
#include <proton/sasl.h>
#include <proton/ssl.h>

#include "wire/amqp1.h"

#define AMQP1_WORDS_MAX 300 /* bytes of the broker's words */

struct amqp1 {
	pn_connection_driver_t driver;
	pn_session_t *session;
	pn_ssl_domain_t *tls; /* NULL: none */
	int socket;           /* -1: not connected */
	char *place;          /* for messages */
	bool has_driver;
	uint64_t tag;     /* of the last message that was sent */
	pn_link_t *queue; /* that is taken from; NULL: none */
	bool is_dropping; /* the message that comes is too long */
};

/* Lets the engine do what it can without waiting. */
void amqp1_drive(struct amqp1 *amqp1);

/* Lets the engine do what it can, and waits until there is news; false when the deadline has come.
 */
bool amqp1_step(struct amqp1 *amqp1, int64_t deadline);

/* The connection is over, or the session. */
bool amqp1_is_dead(const struct amqp1 *amqp1);

/* Says why nothing more can be done with the connection. Errors: FORBIDDEN, UNAVAILABLE. */
bool amqp1_fail_connection(const struct amqp1 *amqp1, GError **error);

/* The broker did not answer in time. Errors: UNAVAILABLE. */
bool amqp1_fail_late(const struct amqp1 *amqp1, const char *doing, GError **error);

/* What the broker says of a condition; the caller frees it. */
char *amqp1_condition_words(pn_condition_t *condition);

#endif

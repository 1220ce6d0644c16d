/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONTRACT_BUS_SENDING_H
#define TESTS_CONTRACT_BUS_SENDING_H

/* What tests of buses send. */

#include "ports/bus/bus.h"

/* A message of build 42. */
struct bus_message message_of(const char *id, const char *body);

/* Messages m0, m1, ... with ids that nobody frees. */
void number_messages(struct bus_message *messages, unsigned count, const char *body);

/* Sends one message to a bus that it opens, and closes it. The caller clears the outcome. */
bool send_one(const struct bus_ops *ops, const struct bus_options *options,
	      const struct bus_message *message, struct bus_outcome *outcome, GError **error);

/* Opens it, or fails the test. */
struct bus *open_or_fail(const struct bus_ops *ops, const struct bus_options *options);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUS_FEDORA_H
#define PORTS_BUS_FEDORA_H

/*
 * Messages in the wire format of fedora-messaging: a JSON object as the body, the topic as the
 * routing key, and headers that say what schema it has, how grave it is, and whom it is about.
 */

#include "ports/bus/bus.h"
#include "wire/broker.h"

/*
 * The message as a broker carries it; the caller clears it. now: microseconds since 1970, for a
 * message that does not say when it was made. Errors: UNACCEPTABLE when its topic is longer than
 * BROKER_TEXT_MAX bytes or its body is no JSON object, and what read_json() means.
 */
bool fedora_message(const struct bus_message *message, const struct bus_options *options,
		    int64_t now, struct broker_message *ret, GError **error);

#endif

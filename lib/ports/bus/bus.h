/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUS_BUS_H
#define PORTS_BUS_BUS_H

/* Where messages go. A message that bus_send_many() accepts is durable at the other side; ids make
 * repeats harmless. */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct bus;
typedef struct bus Bus;

struct bus_options {
	const char *file;
	const char *topic_prefix;
};

struct bus_message {
	const char *id;    /* stable over repeats */
	const char *topic; /* without the prefix */
	const char *body;  /* JSON */
	uint64_t build_id;
	uint32_t seq;
};

struct bus_ops {
	const char *name;
	bool (*open)(const struct bus_options *options, struct bus **ret, GError **error);
	void (*close)(struct bus *bus);
	/* Sends in order; *ret_sent of them, counted from the first, were accepted. False only when
	 * none more can be sent now. */
	bool (*send_many)(struct bus *bus, const struct bus_message *messages, size_t count,
			  size_t *ret_sent, GError **error);
};

struct bus {
	const struct bus_ops *ops;
};

extern const struct bus_ops bus_none;
extern const struct bus_ops bus_file;

/* The backend of that name. Errors: UNSUPPORTED, naming those there are. */
const struct bus_ops *bus_find(const char *name, GError **error);

#endif

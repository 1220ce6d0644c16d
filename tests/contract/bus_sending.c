/* SPDX-License-Identifier: MIT */
#include "contract/bus_sending.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PATIENCE (5 * G_USEC_PER_SEC)

struct bus_message message_of(const char *id, const char *body)
{
	return (struct bus_message){
		.id = id,
		.topic = "module.state.change",
		.body = body,
		.build_id = 42,
		.seq = 1,
		.name = "bash",
		.owner = "ann",
		.severity = 20,
		.at = 1700000000000000,
	};
}

void number_messages(struct bus_message *messages, unsigned count, const char *body)
{
	for (unsigned i = 0; i < count; i++) {
		g_autofree char *id = g_strdup_printf("m%u", i);

		messages[i] = message_of(g_intern_string(id), body);
	}
}

struct bus *open_or_fail(const struct bus_ops *ops, const struct bus_options *options)
{
	g_autoptr(GError) error = NULL;
	struct bus *bus = NULL;

	if (!ops->open(options, &bus, &error))
		fail_msg("open: %s", error->message);
	return bus;
}

bool send_one(const struct bus_ops *ops, const struct bus_options *options,
	      const struct bus_message *message, struct bus_outcome *outcome, GError **error)
{
	struct bus *bus = open_or_fail(ops, options);
	const bool is_there =
		ops->send_many(bus, message, 1, g_get_monotonic_time() + PATIENCE, outcome, error);

	ops->close(bus);
	return is_there;
}

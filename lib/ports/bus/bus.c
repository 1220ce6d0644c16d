/* SPDX-License-Identifier: MIT */
#include "ports/bus/bus.h"

#include <string.h>

#include "base/error.h"

static const struct bus_ops *const buses[] = {
	&bus_none, &bus_file, &bus_webhook, &bus_amqp, &bus_amqp1,
};

const struct bus_ops *bus_find(const char *name, GError **error)
{
	g_autoptr(GString) known = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(buses); i++) {
		if (strcmp(buses[i]->name, name) == 0)
			return buses[i];
		g_string_append_printf(known, "%s%s", i ? ", " : "", buses[i]->name);
	}
	fail(error, RIDA_ERROR_UNSUPPORTED, "there is no bus \"%s\"; there are: %s", name,
	     known->str);
	return NULL;
}

char *bus_topic(const struct bus_options *options, const struct bus_message *message)
{
	const char *prefix = options->topic_prefix;

	return g_strjoin(*prefix ? "." : "", prefix, message->topic, NULL);
}

void bus_outcome_clear(struct bus_outcome *outcome)
{
	g_free(outcome->problem);
	*outcome = (struct bus_outcome){ 0 };
}

void bus_hint_free(struct bus_hint *hint)
{
	if (!hint)
		return;
	g_free(hint->topic);
	g_free(hint->body);
	g_free(hint);
}

bool bus_hears_nothing(struct bus *bus, unsigned limit, GPtrArray **ret, GError **error)
{
	(void)limit;
	(void)ret;
	return fail(error, RIDA_ERROR_UNSUPPORTED, "nothing can be listened to with bus: %s",
		    bus->ops->name);
}

bool bus_acknowledges_nothing(struct bus *bus, GError **error)
{
	(void)bus;
	(void)error;
	return true;
}

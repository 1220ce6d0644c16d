/* SPDX-License-Identifier: MIT */
#include "ports/bus/fedora.h"

#include <string.h>

#include "base/error.h"
#include "text/json.h"

#define SCHEMA      "base.message" /* of their library: any JSON object */
#define SEVERITY    20             /* of a message that does not say */
#define SECOND_FORM "%Y-%m-%dT%H:%M:%S+00:00"

static bool check_body(const char *body, GError **error)
{
	g_autoptr(JsonObject) value = NULL;

	if (!read_json(body, strlen(body), &value, error)) {
		g_prefix_error(error, "the body is no JSON: ");
		return false;
	}
	return json_object_is_type(value, json_type_object) ||
	       fail(error, RIDA_ERROR_UNACCEPTABLE, "the body is no JSON object");
}

static char *second_of(int64_t time)
{
	g_autoptr(GDateTime) moment = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);

	return moment ? g_date_time_format(moment, SECOND_FORM) : g_strdup("");
}

static void add_text(struct broker_message *message, const char *name, char *text)
{
	broker_message_add(message, (struct broker_header){ .name = g_strdup(name),
							    .kind = BROKER_TEXT,
							    .text = text });
}

/* Receivers look for names in the names of headers. One that is too long for that is left out. */
static void add_subject(struct broker_message *message, const char *kind, const char *name)
{
	g_autofree char *header = g_strdup_printf("fedora_messaging_%s_%s", kind, name ? name : "");

	if (!name || !*name || strlen(header) > BROKER_TEXT_MAX)
		return;
	broker_message_add(message, (struct broker_header){ .name = g_steal_pointer(&header),
							    .kind = BROKER_TRUE });
}

bool fedora_message(const struct bus_message *message, const struct bus_options *options,
		    int64_t now, struct broker_message *ret, GError **error)
{
	g_autofree char *topic = bus_topic(options, message);

	if (strlen(topic) > BROKER_TEXT_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the topic is longer than %d bytes",
			    BROKER_TEXT_MAX);
	if (!check_body(message->body, error))
		return false;
	*ret = (struct broker_message){
		.exchange = g_strdup(options->exchange),
		.topic = g_steal_pointer(&topic),
		.id = g_strdup(message->id),
		.content_type = g_strdup("application/json"),
		.encoding = g_strdup("utf-8"),
		.body = g_strdup(message->body),
	};
	add_text(ret, "fedora_messaging_schema", g_strdup(SCHEMA));
	broker_message_add(ret,
			   (struct broker_header){ .name = g_strdup("fedora_messaging_severity"),
						   .kind = BROKER_NUMBER,
						   .number = message->severity ? message->severity
									       : SEVERITY });
	add_text(ret, "sent-at", second_of(message->at ? message->at : now));
	add_subject(ret, "user", message->owner);
	add_subject(ret, "module", message->name);
	return true;
}

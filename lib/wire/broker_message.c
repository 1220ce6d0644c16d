/* SPDX-License-Identifier: MIT */
#include "wire/broker_message.h"

#include <string.h>

#include "base/error.h"

static void header_clear(struct broker_header *header)
{
	g_free(header->name);
	g_free(header->text);
}

void broker_message_add(struct broker_message *message, struct broker_header header)
{
	if (!message->headers) {
		message->headers = g_array_new(FALSE, TRUE, sizeof header);
		g_array_set_clear_func(message->headers, (GDestroyNotify)header_clear);
	}
	g_array_append_val(message->headers, header);
}

void broker_message_clear(struct broker_message *message)
{
	g_clear_pointer(&message->headers, g_array_unref);
	g_free(message->exchange);
	g_free(message->topic);
	g_free(message->id);
	g_free(message->content_type);
	g_free(message->encoding);
	g_free(message->body);
	*message = (struct broker_message){ 0 };
}

/* The library would cut longer lengths off to eight bits, and send nonsense. */
bool broker_message_check(const struct broker_message *message, GError **error)
{
	const char *const texts[] = { message->exchange, message->topic, message->id };

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		if (strlen(texts[i]) > BROKER_TEXT_MAX)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "\"%.40s...\" is longer than %d bytes", texts[i],
				    BROKER_TEXT_MAX);
	for (guint i = 0; message->headers && i < message->headers->len; i++)
		if (strlen(g_array_index(message->headers, struct broker_header, i).name) >
		    BROKER_TEXT_MAX)
			return fail(error, RIDA_ERROR_UNACCEPTABLE,
				    "a header's name is longer than %d bytes", BROKER_TEXT_MAX);
	return true;
}

void broker_event_clear(struct broker_event *event)
{
	g_free(event->text);
	g_free(event->id);
	*event = (struct broker_event){ 0 };
}

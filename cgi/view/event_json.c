/* SPDX-License-Identifier: MIT */
#include "cgi/view/event_json.h"

#include <inttypes.h>
#include <string.h>

#include "model/message.h"
#include "text/json.h"
#include "text/json_scan.h"
#include "text/timestamp.h"

/* Milliseconds; browsers connect again after them. */
#define RETRY "3000"

/* As it is stored, which is JSON; a row that somebody spoilt breaks no more than itself. Line ends
 * of a JSON text are blanks, as none can stand inside its strings. */
static void append_body(GString *out, const char *body)
{
	size_t start = out->len;

	if (!body || !json_scan(body, strlen(body), JSON_DEPTH_MAX, NULL)) {
		g_string_append(out, "null");
		return;
	}
	g_string_append(out, body);
	for (char *end = out->str + start; (end = strpbrk(end, "\r\n"));)
		*end = ' ';
}

void view_event_json(GString *out, const struct event_message *message, const char *topic_prefix)
{
	g_autofree char *at = timestamp_write(message->at);
	g_autofree char *topic =
		g_strjoin(topic_prefix && *topic_prefix ? "." : "",
			  topic_prefix ? topic_prefix : "", MESSAGE_TOPIC_STATE, NULL);

	g_string_append_printf(out, "{\"event\": %" PRIu64 ", \"id\": ", message->event_no);
	append_json_text(out, message->msg_id);
	g_string_append(out, ", \"at\": ");
	append_json_text(out, at);
	g_string_append(out, ", \"topic\": ");
	append_json_text(out, topic);
	g_string_append(out, ", \"body\": ");
	append_body(out, message->body);
	g_string_append_c(out, '}');
}

void view_stream_begin(GString *out, uint64_t last_seen)
{
	g_string_append_printf(out, "retry: " RETRY "\nid: %" PRIu64 "\n\n", last_seen);
}

void view_stream_event(GString *out, const struct event_message *message, const char *topic_prefix)
{
	g_string_append_printf(out, "id: %" PRIu64 "\ndata: ", message->event_no);
	view_event_json(out, message, topic_prefix);
	g_string_append(out, "\n\n");
}

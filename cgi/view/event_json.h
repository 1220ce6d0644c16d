/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_EVENT_JSON_H
#define CGI_VIEW_EVENT_JSON_H

/* State changes for programs: as an array, and as a stream of server-sent events. */

#include "store/event_list_store.h"

/* {"event": 17, "id": …, "at": …, "topic": "<prefix>.module.state.change", "body": {the message}}
 * on one line; a body that is not JSON is null. */
void view_event_json(GString *out, const struct event_message *message, const char *topic_prefix);

/* What a stream begins with: when to connect again, and from where. */
void view_stream_begin(GString *out, uint64_t last_seen);

/* The same object as one message of the stream. */
void view_stream_event(GString *out, const struct event_message *message, const char *topic_prefix);

#endif

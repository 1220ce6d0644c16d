/* SPDX-License-Identifier: MIT */
#include "wire/broker_internal.h"

#include "base/error.h"

#define PERSISTENT 2
#define FLOOD_TIME G_USEC_PER_SEC /* beyond the deadline */

static amqp_field_value_t value_of(const struct broker_header *header)
{
	if (header->kind == BROKER_TEXT)
		return (amqp_field_value_t){ AMQP_FIELD_KIND_UTF8,
					     { .bytes = broker_bytes(header->text) } };
	if (header->kind == BROKER_NUMBER)
		return (amqp_field_value_t){ AMQP_FIELD_KIND_I32, { .i32 = header->number } };
	return (amqp_field_value_t){ AMQP_FIELD_KIND_BOOLEAN, { .boolean = true } };
}

static amqp_table_entry_t *entries_of(const GArray *headers, guint count)
{
	amqp_table_entry_t *entries = g_new0(amqp_table_entry_t, count + 1);

	for (guint i = 0; i < count; i++) {
		const struct broker_header *header =
			&g_array_index(headers, struct broker_header, i);

		entries[i] = (amqp_table_entry_t){ broker_bytes(header->name), value_of(header) };
	}
	return entries;
}

bool broker_publish(struct broker *broker, const struct broker_message *message, uint64_t *ret_tag,
		    GError **error)
{
	guint count = message->headers ? message->headers->len : 0;
	g_autofree amqp_table_entry_t *entries = entries_of(message->headers, count);
	const amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_CONTENT_ENCODING_FLAG |
			  AMQP_BASIC_DELIVERY_MODE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG |
			  AMQP_BASIC_HEADERS_FLAG,
		.content_type = broker_bytes(message->content_type),
		.content_encoding = broker_bytes(message->encoding),
		.delivery_mode = PERSISTENT,
		.message_id = broker_bytes(message->id),
		.headers = { (int)count, entries },
	};
	int status;

	if (!broker_message_check(message, error))
		return false;
	broker_begin(broker);
	status = amqp_basic_publish(broker->connection, BROKER_SENDING,
				    broker_bytes(message->exchange), broker_bytes(message->topic),
				    true, false, &properties, broker_bytes(message->body));
	if (status == AMQP_STATUS_TABLE_TOO_BIG) {
		watchdog_rest(broker->dog);
		return fail(error, RIDA_ERROR_UNACCEPTABLE, "the headers are too long");
	}
	if (!broker_end(broker, status, "sending", error))
		return false;
	*ret_tag = ++broker->tag;
	return true;
}

/* The library looks at its time only while nothing comes: the watchdog ends what does not cease. */
int broker_next_frame(struct broker *broker, int64_t deadline, amqp_frame_t *frame, GError **error)
{
	const int64_t now = g_get_monotonic_time();
	const int64_t left = MAX(0, deadline - now);
	const struct timeval time = { left / G_USEC_PER_SEC, left % G_USEC_PER_SEC };
	int status;

	amqp_maybe_release_buffers(broker->connection);
	watchdog_watch(broker->dog, now + left + FLOOD_TIME);
	status = amqp_simple_wait_frame_noblock(broker->connection, frame, &time);
	watchdog_rest(broker->dog);
	if (status == AMQP_STATUS_TIMEOUT && !watchdog_has_bitten(broker->dog))
		return 0;
	return broker_end(broker, status, "waiting for confirmations", error) ? 1 : -1;
}

static int read_of_connection(struct broker *broker, const amqp_method_t *method,
			      struct broker_event *ret)
{
	if (method->id == AMQP_CONNECTION_BLOCKED_METHOD) {
		const amqp_connection_blocked_t *blocked = method->decoded;

		g_free(broker->blocked);
		broker->blocked = broker_text(blocked->reason);
	} else if (method->id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
		g_clear_pointer(&broker->blocked, g_free);
	} else if (method->id == AMQP_CONNECTION_CLOSE_METHOD) {
		ret->kind = BROKER_ENDED;
		broker_read_close(method, &ret->code, &ret->text);
		broker_answer_close(broker, 0);
		broker->is_useless = true;
		return 1;
	}
	return 0;
}

static int read_of_sending(struct broker *broker, const amqp_method_t *method,
			   struct broker_event *ret)
{
	if (method->id == AMQP_BASIC_ACK_METHOD) {
		const amqp_basic_ack_t *ack = method->decoded;

		ret->kind = BROKER_ACCEPTED;
		ret->tag = ack->delivery_tag;
		ret->is_multiple = ack->multiple;
		return 1;
	}
	if (method->id == AMQP_BASIC_NACK_METHOD) {
		const amqp_basic_nack_t *nack = method->decoded;

		ret->kind = BROKER_NACKED;
		ret->tag = nack->delivery_tag;
		ret->is_multiple = nack->multiple;
		return 1;
	}
	if (method->id == AMQP_CHANNEL_CLOSE_METHOD) {
		ret->kind = BROKER_CLOSED;
		broker_read_close(method, &ret->code, &ret->text);
		broker_answer_close(broker, BROKER_SENDING);
		return 1;
	}
	if (method->id == AMQP_BASIC_RETURN_METHOD) {
		const amqp_basic_return_t *returned = method->decoded;

		g_free(broker->returned_text);
		broker->returned_text = broker_text(returned->reply_text);
		broker->returned_code = returned->reply_code;
		broker->is_returning = true;
	}
	return 0;
}

/* The properties of a message that was returned say which one it is. */
static int read_returned(struct broker *broker, const amqp_frame_t *frame, struct broker_event *ret)
{
	const amqp_basic_properties_t *properties = frame->payload.properties.decoded;

	broker->is_returning = false;
	if (!(properties->_flags & AMQP_BASIC_MESSAGE_ID_FLAG))
		return 0;
	ret->kind = BROKER_RETURNED;
	ret->id = broker_text(properties->message_id);
	ret->code = broker->returned_code;
	ret->text = g_steal_pointer(&broker->returned_text);
	return 1;
}

int broker_read_frame(struct broker *broker, const amqp_frame_t *frame, struct broker_event *ret)
{
	if (frame->frame_type == AMQP_FRAME_METHOD && frame->channel == 0)
		return read_of_connection(broker, &frame->payload.method, ret);
	if (frame->channel != BROKER_SENDING)
		return 0;
	if (frame->frame_type == AMQP_FRAME_METHOD)
		return read_of_sending(broker, &frame->payload.method, ret);
	if (frame->frame_type == AMQP_FRAME_HEADER && broker->is_returning)
		return read_returned(broker, frame, ret);
	return 0;
}

int broker_next(struct broker *broker, int64_t deadline, struct broker_event *ret, GError **error)
{
	struct broker_event event = { 0 };
	amqp_frame_t frame;

	for (;;) {
		int r = broker_next_frame(broker, deadline, &frame, error);

		if (r <= 0)
			return r;
		if (broker_read_frame(broker, &frame, &event) > 0) {
			*ret = event;
			return 1;
		}
		if (g_get_monotonic_time() >= deadline)
			return 0;
	}
}

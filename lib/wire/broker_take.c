/* SPDX-License-Identifier: MIT */
#include "wire/broker_internal.h"

static bool declare(struct broker *broker, const char *queue, bool is_passive, GError **error)
{
	if (!broker_open_channel(broker, BROKER_TAKING, error))
		return false;
	broker_begin(broker);
	amqp_queue_declare(broker->connection, BROKER_TAKING, broker_bytes(queue), is_passive, true,
			   false, false, amqp_empty_table);
	return broker_end_question(broker, BROKER_TAKING, amqp_get_rpc_reply(broker->connection),
				   "declaring the queue to listen to", error);
}

bool broker_listen(struct broker *broker, const char *queue, const char *exchange,
		   char *const *topics, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (!declare(broker, queue, false, &problem) &&
	    (broker->is_useless || !declare(broker, queue, true, error))) {
		if (broker->is_useless && error && !*error)
			g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	for (; topics && *topics; topics++) {
		broker_begin(broker);
		amqp_queue_bind(broker->connection, BROKER_TAKING, broker_bytes(queue),
				broker_bytes(exchange), broker_bytes(*topics), amqp_empty_table);
		if (!broker_end_question(broker, BROKER_TAKING,
					 amqp_get_rpc_reply(broker->connection),
					 "binding the queue to listen to", error))
			return false;
	}
	return true;
}

/* What follows a message's method: its properties, then its body in pieces. Nothing that was
 * published waits for its confirmation meanwhile. */
static bool read_body(struct broker *broker, GString *body, bool *ret_is_whole, GError **error)
{
	int64_t deadline = broker_deadline(broker);
	uint64_t left = 0;
	bool has_head = false;

	*ret_is_whole = true;
	while (!has_head || left > 0) {
		amqp_frame_t frame;
		int r = g_get_monotonic_time() < deadline
				? broker_next_frame(broker, deadline, &frame, error)
				: 0;

		if (r <= 0)
			return r < 0 ? false
				     : broker_end(broker, AMQP_STATUS_TIMEOUT, "taking", error);
		if (frame.channel != BROKER_TAKING) {
			g_auto(BrokerEvent) event = { 0 };

			broker_read_frame(broker, &frame, &event);
			continue;
		}
		if (frame.frame_type == AMQP_FRAME_METHOD)
			return broker_end(broker, AMQP_STATUS_UNEXPECTED_STATE, "taking", error);
		if (frame.frame_type == AMQP_FRAME_HEADER) {
			left = frame.payload.properties.body_size;
			*ret_is_whole = left <= broker->body_bytes;
			has_head = true;
			continue;
		}
		if (*ret_is_whole)
			g_string_append_len(body, frame.payload.body_fragment.bytes,
					    (gssize)frame.payload.body_fragment.len);
		left -= MIN(left, frame.payload.body_fragment.len);
	}
	return true;
}

int broker_take(struct broker *broker, const char *queue, char **ret_topic, char **ret_body,
		GError **error)
{
	g_autoptr(GString) body = g_string_new(NULL);
	g_autofree char *topic = NULL;
	amqp_rpc_reply_t reply;
	bool is_whole;

	broker_begin(broker);
	reply = amqp_basic_get(broker->connection, BROKER_TAKING, broker_bytes(queue), false);
	if (reply.reply_type == AMQP_RESPONSE_NORMAL &&
	    reply.reply.id == AMQP_BASIC_GET_OK_METHOD) {
		const amqp_basic_get_ok_t *message = reply.reply.decoded;

		topic = broker_text(message->routing_key);
		broker->taken = message->delivery_tag;
	}
	if (!broker_end_question(broker, BROKER_TAKING, reply, "taking", error))
		return -1;
	if (!topic || !read_body(broker, body, &is_whole, error))
		return topic ? -1 : 0;
	*ret_topic = g_steal_pointer(&topic);
	*ret_body = is_whole ? g_strndup(body->str, body->len) : NULL;
	return 1;
}

bool broker_acknowledge(struct broker *broker, GError **error)
{
	int status;

	if (broker->taken == 0)
		return true;
	broker_begin(broker);
	status = amqp_basic_ack(broker->connection, BROKER_TAKING, broker->taken, true);
	broker->taken = 0;
	return broker_end(broker, status, "acknowledging", error);
}

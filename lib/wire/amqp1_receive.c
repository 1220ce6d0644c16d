/* SPDX-License-Identifier: MIT */
#include "wire/amqp1_internal.h"

#include "base/error.h"

#define HEAD_BYTES 65536 /* of a message, beside its body */

static char *body_text(pn_message_t *message, size_t max)
{
	pn_data_t *data = pn_message_body(message);
	pn_bytes_t bytes = { 0 };

	if (!pn_data_next(data))
		return NULL;
	if (pn_data_type(data) == PN_STRING)
		bytes = pn_data_get_string(data);
	else if (pn_data_type(data) == PN_BINARY)
		bytes = pn_data_get_binary(data);
	else
		return NULL;
	return bytes.size <= max ? g_strndup(bytes.start, bytes.size) : NULL;
}

/* Of a message that is too long nothing is kept, however long it becomes. */
static void drop_excess(struct amqp1 *amqp1, pn_delivery_t *delivery, size_t max)
{
	char bytes[4096];

	if (!amqp1->is_dropping && pn_delivery_pending(delivery) <= max + HEAD_BYTES)
		return;
	amqp1->is_dropping = true;
	while (pn_link_recv(amqp1->queue, bytes, sizeof bytes) > 0)
		continue;
}

/* What cannot be read is no hint, but is taken. */
static void take(struct amqp1 *amqp1, pn_delivery_t *delivery, const struct amqp1_wish *wish)
{
	const size_t size = pn_delivery_pending(delivery);
	g_autofree char *bytes = g_malloc(size + 1);
	pn_message_t *message = pn_message();
	struct amqp1_taken taken = { 0 };

	if (!amqp1->is_dropping && pn_link_recv(amqp1->queue, bytes, size) == (ssize_t)size &&
	    pn_message_decode(message, bytes, size) == 0) {
		taken.subject = g_strdup(pn_message_get_subject(message));
		taken.address = g_strdup(pn_message_get_address(message));
		taken.body = body_text(message, wish->body_bytes);
	}
	wish->take(wish->data, &taken);
	g_free(taken.subject);
	g_free(taken.address);
	g_free(taken.body);
	pn_message_free(message);
	amqp1->is_dropping = false;
	pn_link_advance(amqp1->queue);
}

static void listen_to(struct amqp1 *amqp1, const char *queue)
{
	amqp1->queue = pn_receiver(amqp1->session, queue);
	pn_terminus_set_address(pn_link_source(amqp1->queue), queue);
	pn_link_set_snd_settle_mode(amqp1->queue, PN_SND_UNSETTLED);
	pn_link_set_rcv_settle_mode(amqp1->queue, PN_RCV_FIRST);
	pn_link_open(amqp1->queue);
}

static bool fail_queue(const struct amqp1 *amqp1, const char *queue, GError **error)
{
	pn_condition_t *condition = pn_link_remote_condition(amqp1->queue);
	const char *name = pn_condition_get_name(condition);
	g_autofree char *words = amqp1_condition_words(condition);

	return fail(error,
		    g_strcmp0(name, "amqp:unauthorized-access") == 0 ? RIDA_ERROR_FORBIDDEN
		    : g_strcmp0(name, "amqp:not-found") == 0         ? RIDA_ERROR_MISSING
								     : RIDA_ERROR_UNAVAILABLE,
		    "the queue %s of the broker at %s cannot be used: %s", queue, amqp1->place,
		    words);
}

/* The broker is given so much credit, and asked to give back what it has no messages for. */
bool amqp1_receive(struct amqp1 *amqp1, const struct amqp1_wish *wish, GError **error)
{
	if (!amqp1->queue)
		listen_to(amqp1, wish->queue);
	pn_link_drain(amqp1->queue, (int)wish->limit);
	while (pn_link_credit(amqp1->queue) > 0) {
		pn_delivery_t *delivery = pn_link_current(amqp1->queue);

		if (delivery && !pn_delivery_partial(delivery)) {
			take(amqp1, delivery, wish);
			continue;
		}
		if (delivery)
			drop_excess(amqp1, delivery, wish->body_bytes);
		if (amqp1_is_dead(amqp1))
			return amqp1_fail_connection(amqp1, error);
		if (pn_link_state(amqp1->queue) & PN_REMOTE_CLOSED)
			return fail_queue(amqp1, wish->queue, error);
		if (!amqp1_step(amqp1, wish->deadline))
			return amqp1_fail_late(amqp1, "receiving", error);
	}
	return true;
}

bool amqp1_acknowledge(struct amqp1 *amqp1, int64_t deadline, GError **error)
{
	pn_delivery_t *delivery = amqp1->queue ? pn_unsettled_head(amqp1->queue) : NULL;

	while (delivery) {
		pn_delivery_t *next = pn_unsettled_next(delivery);

		pn_delivery_update(delivery, PN_ACCEPTED);
		pn_delivery_settle(delivery);
		delivery = next;
	}
	amqp1_drive(amqp1);
	while (pn_connection_driver_write_buffer(&amqp1->driver).size > 0) {
		if (amqp1_is_dead(amqp1))
			return amqp1_fail_connection(amqp1, error);
		if (!amqp1_step(amqp1, deadline))
			return amqp1_fail_late(amqp1, "acknowledging", error);
	}
	return true;
}

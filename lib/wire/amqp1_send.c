/* SPDX-License-Identifier: MIT */
#include "wire/amqp1_internal.h"

#include <string.h>

#include "text/words.h"

/* Messages on their way. */
struct flight {
	struct amqp1 *amqp1;
	const struct amqp1_batch *batch;
	pn_delivery_t **deliveries; /* NULL: not under way */
	size_t next;                /* the first that is neither under way nor settled */
	size_t under_way;
	size_t first;  /* those before it are settled */
	int64_t heard; /* when the broker answered last */
	bool has_answered;
};

static pn_link_t *link_to(struct amqp1 *amqp1, const char *address)
{
	pn_link_t *link = pn_link_head(amqp1->driver.connection, 0);

	for (; link; link = pn_link_next(link, 0))
		if (pn_link_is_sender(link) && strcmp(pn_link_name(link), address) == 0)
			return link;
	link = pn_sender(amqp1->session, address);
	pn_terminus_set_address(pn_link_target(link), address);
	pn_terminus_set_address(pn_link_source(link),
				pn_connection_get_container(amqp1->driver.connection));
	pn_link_set_snd_settle_mode(link, PN_SND_UNSETTLED);
	pn_link_set_rcv_settle_mode(link, PN_RCV_FIRST);
	pn_link_open(link);
	return link;
}

static pn_bytes_t bytes_of(const char *text)
{
	return pn_bytes(strlen(text), text);
}

static void put_properties(pn_data_t *data, const struct amqp1_message *message)
{
	pn_data_put_map(data);
	pn_data_enter(data);
	for (size_t i = 0; i < message->property_count; i++) {
		const struct amqp1_property *property = &message->properties[i];

		pn_data_put_string(data, bytes_of(property->name));
		if (property->text)
			pn_data_put_string(data, bytes_of(property->text));
		else
			pn_data_put_long(data, property->number);
	}
	pn_data_exit(data);
}

/* A text as the body: what receivers that know JMS call a text message. */
static pn_message_t *encode(const struct amqp1_message *message)
{
	pn_message_t *encoded = pn_message();

	pn_message_set_durable(encoded, true);
	pn_message_set_id(encoded,
			  (pn_msgid_t){ .type = PN_STRING, .u.as_bytes = bytes_of(message->id) });
	pn_message_set_address(encoded, message->address);
	pn_message_set_subject(encoded, message->subject);
	pn_message_set_content_type(encoded, message->content_type);
	pn_message_set_creation_time(encoded, message->at / 1000);
	put_properties(pn_message_properties(encoded), message);
	pn_data_put_string(pn_message_body(encoded), bytes_of(message->body));
	return encoded;
}

static void settle(struct flight *flight, size_t i, enum amqp1_settled settled,
		   pn_condition_t *condition)
{
	struct amqp1_outcome *outcome = &flight->batch->outcomes[i];

	if (flight->deliveries[i]) {
		pn_delivery_settle(flight->deliveries[i]);
		flight->deliveries[i] = NULL;
		flight->under_way--;
	}
	flight->heard = g_get_monotonic_time();
	flight->has_answered = true;
	outcome->settled = settled;
	if (!condition || !pn_condition_is_set(condition))
		return;
	outcome->condition = plain_words(pn_condition_get_name(condition), AMQP1_WORDS_MAX);
	outcome->words = plain_words(pn_condition_get_description(condition), AMQP1_WORDS_MAX);
}

/* Hands the next message to the engine when its link may have it; false when it has to wait. */
static bool send_next(struct flight *flight)
{
	const size_t i = flight->next;
	const struct amqp1_message *message = &flight->batch->messages[i];
	struct amqp1 *amqp1 = flight->amqp1;
	pn_link_t *link = link_to(amqp1, message->address);
	pn_message_t *encoded;

	if (pn_link_state(link) & PN_REMOTE_CLOSED) {
		settle(flight, i, AMQP1_NO_LINK, pn_link_remote_condition(link));
		flight->next++;
		return true;
	}
	if (!(pn_link_state(link) & PN_REMOTE_ACTIVE) || pn_link_credit(link) <= 0)
		return false;
	amqp1->tag++;
	flight->deliveries[i] =
		pn_delivery(link, pn_dtag((const char *)&amqp1->tag, sizeof amqp1->tag));
	encoded = encode(message);
	pn_message_send(encoded, link, NULL);
	pn_message_free(encoded);
	flight->under_way++;
	flight->next++;
	return true;
}

static void judge(struct flight *flight, size_t i)
{
	pn_delivery_t *delivery = flight->deliveries[i];
	pn_disposition_t *remote = pn_delivery_remote(delivery);

	switch (pn_delivery_remote_state(delivery)) {
	case PN_ACCEPTED:
		settle(flight, i, AMQP1_ACCEPTED, NULL);
		return;
	case PN_RELEASED:
	case PN_MODIFIED:
		settle(flight, i, AMQP1_RELEASED, NULL);
		return;
	case PN_REJECTED:
		settle(flight, i, AMQP1_REJECTED, pn_disposition_condition(remote));
		return;
	default:
		/* Settled without a word, or its link is gone: nobody knows. */
		if (pn_delivery_settled(delivery) ||
		    (pn_link_state(pn_delivery_link(delivery)) & PN_REMOTE_CLOSED))
			settle(flight, i, AMQP1_UNSETTLED,
			       pn_link_remote_condition(pn_delivery_link(delivery)));
	}
}

static void judge_all(struct flight *flight)
{
	while (flight->first < flight->next && !flight->deliveries[flight->first])
		flight->first++;
	for (size_t i = flight->first; i < flight->next; i++)
		if (flight->deliveries[i])
			judge(flight, i);
}

/* A broker that answers may be slower than the deadline; one that is silent is away. */
static bool wait_for_answer(struct flight *flight, GError **error)
{
	const struct amqp1_batch *batch = flight->batch;
	const int64_t patience = flight->heard + batch->timeout * G_USEC_PER_SEC;

	if (amqp1_step(flight->amqp1, MIN(batch->deadline, patience))) {
		judge_all(flight);
		return !amqp1_is_dead(flight->amqp1) || amqp1_fail_connection(flight->amqp1, error);
	}
	return (flight->has_answered && g_get_monotonic_time() < patience) ||
	       amqp1_fail_late(flight->amqp1, "sending", error);
}

static bool fly(struct flight *flight, GError **error)
{
	const struct amqp1_batch *batch = flight->batch;

	while ((flight->next < batch->count || flight->under_way > 0) &&
	       g_get_monotonic_time() < batch->deadline) {
		while (flight->next < batch->count && flight->under_way < batch->window &&
		       send_next(flight))
			continue;
		if (flight->next == batch->count && flight->under_way == 0)
			break;
		if (!wait_for_answer(flight, error))
			return false;
	}
	return true;
}

void amqp1_outcome_clear(struct amqp1_outcome *outcome)
{
	g_free(outcome->condition);
	g_free(outcome->words);
	*outcome = (struct amqp1_outcome){ 0 };
}

bool amqp1_send(struct amqp1 *amqp1, const struct amqp1_batch *batch, GError **error)
{
	g_autofree pn_delivery_t **deliveries = g_new0(pn_delivery_t *, batch->count);
	struct flight flight = { .amqp1 = amqp1, .batch = batch, .deliveries = deliveries };

	flight.heard = g_get_monotonic_time();
	return fly(&flight, error);
}

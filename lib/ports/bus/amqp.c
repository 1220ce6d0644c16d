/* SPDX-License-Identifier: MIT */
#include "ports/bus/bus.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ports/bus/account.h"
#include "ports/bus/fedora.h"
#include "wire/broker.h"

/*
 * AMQP 0-9-1 with publisher confirms. Up to a window of messages is under way; the broker confirms
 * each, refuses some (nack), and closes the channel for one that it cannot have. It does not say
 * which one that was, so that those under way are then sent again one by one, and the next closing
 * names its message. What nobody confirmed is sent again in a later pass, with the same id.
 */

#define TAKEN_BYTES_MAX (16 << 20)
#define LAST_PUBLISH    G_USEC_PER_SEC /* before the deadline, so that confirmations still come */

struct bus_amqp {
	struct bus base;
	struct bus_options options; /* borrowed */
	struct bus_account account;
	struct broker *broker; /* NULL: not connected */
	bool has_answered;     /* since it was connected */
	bool is_listening;
};

/* Messages on their way; those with a tag wait for its confirmation. */
struct flight {
	struct bus_amqp *amqp;
	const struct bus_message *messages;
	struct bus_outcome *outcomes;
	size_t count;
	size_t next;  /* the first that was not sent since the channel was opened */
	size_t alone; /* those before it are sent one by one */
	size_t under_way;
	uint64_t *tags;   /* 0: not under way */
	bool *is_settled; /* it has its verdict */
	int64_t deadline, last_publish;
	int64_t heard; /* when the broker spoke last */
};

/* What a channel or connection was closed for, and what that means for the message. */
static const struct {
	unsigned code;
	enum bus_verdict verdict;
} blames[] = {
	{ 311, BUS_UNFIT },   /* content too large */
	{ 313, BUS_DELAYED }, /* no consumers */
	{ 403, BUS_REFUSED }, /* access refused */
	{ 404, BUS_REFUSED }, /* no such exchange */
	{ 405, BUS_DELAYED }, /* locked */
	{ 406, BUS_UNFIT },   /* precondition failed: too large for this broker */
	{ 501, BUS_REFUSED }, /* frame error, and other complaints that it cannot be read */
	{ 502, BUS_REFUSED }, { 503, BUS_REFUSED }, { 504, BUS_REFUSED },
	{ 505, BUS_REFUSED }, { 506, BUS_DELAYED }, /* resources */
	{ 540, BUS_REFUSED },                       /* not implemented */
};

static bool find_blame(unsigned code, enum bus_verdict *ret)
{
	for (size_t i = 0; i < G_N_ELEMENTS(blames); i++)
		if (blames[i].code == code) {
			*ret = blames[i].verdict;
			return true;
		}
	return false;
}

static void disconnect(struct bus_amqp *amqp)
{
	g_clear_pointer(&amqp->broker, broker_close);
	amqp->is_listening = false;
	amqp->has_answered = false;
}

static void close_amqp(struct bus *bus)
{
	struct bus_amqp *amqp = (struct bus_amqp *)bus;

	if (!amqp)
		return;
	disconnect(amqp);
	bus_account_clear(&amqp->account);
	g_free(amqp);
}

static bool check_options(const struct bus_options *options, GError **error)
{
	if (!*options->exchange || strlen(options->exchange) > BROKER_TEXT_MAX ||
	    strlen(options->listen_queue) > BROKER_TEXT_MAX)
		return fail(error, RIDA_ERROR_UNACCEPTABLE,
			    "the names of the exchange and the queue have 1 to %d bytes",
			    BROKER_TEXT_MAX);
	return true;
}

static bool open_amqp(const struct bus_options *options, struct bus **ret, GError **error)
{
	struct bus_amqp *amqp = g_new0(struct bus_amqp, 1);
	g_autofree char *name = g_strdup_printf("rida %s[%d]", g_get_host_name(), (int)getpid());

	amqp->base.ops = &bus_amqp;
	amqp->options = *options;
	if (!check_options(options, error) ||
	    !bus_account_init(&amqp->account, options, name, error)) {
		g_prefix_error(error, "bus: amqp: ");
		close_amqp(&amqp->base);
		return false;
	}
	*ret = &amqp->base;
	return true;
}

/* Connects when that is needed; the time until the deadline bounds it and all that follows. */
static bool connect_broker(struct bus_amqp *amqp, int64_t deadline, GError **error)
{
	const struct broker_options options = {
		.login = &amqp->account.login,
		.timeout = amqp->options.timeout,
		.deadline = deadline,
		.body_bytes = BUS_HINT_BYTES_MAX,
	};

	if (!amqp->broker && !broker_open(&options, &amqp->broker, error))
		return false;
	broker_set_deadline(amqp->broker, deadline);
	return true;
}

static void settle(struct flight *flight, size_t i, enum bus_verdict verdict, const char *problem)
{
	struct bus_outcome *outcome = &flight->outcomes[i];

	if (flight->tags[i]) {
		flight->tags[i] = 0;
		flight->under_way--;
	}
	flight->is_settled[i] = true;
	outcome->verdict = verdict;
	outcome->is_unrouted &= verdict == BUS_ACCEPTED;
	if (problem) {
		g_free(outcome->problem);
		outcome->problem = g_strdup(problem);
	}
}

/* Makes the next message and sends it. What is wrong with it is its outcome. */
static bool publish_next(struct flight *flight, GError **error)
{
	size_t i = flight->next++;
	g_auto(BrokerMessage) message = { 0 };
	g_autoptr(GError) problem = NULL;

	if (fedora_message(&flight->messages[i], &flight->amqp->options, g_get_real_time(),
			   &message, &problem) &&
	    broker_publish(flight->amqp->broker, &message, &flight->tags[i], &problem)) {
		flight->under_way++;
		return true;
	}
	if (error_code(problem) != RIDA_ERROR_UNAVAILABLE) {
		settle(flight, i, BUS_UNFIT, problem->message);
		return true;
	}
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static bool may_publish(struct flight *flight)
{
	size_t window = flight->next < flight->alone ? 1 : flight->amqp->options.window;

	while (flight->next < flight->count && flight->is_settled[flight->next])
		flight->next++;
	return flight->next < flight->count && flight->under_way < window &&
	       g_get_monotonic_time() < flight->last_publish;
}

/* Tags rise with the messages' places; 0 is nobody's, whatever the broker says. */
static void settle_tags(struct flight *flight, const struct broker_event *event)
{
	bool is_accepted = event->kind == BROKER_ACCEPTED;

	for (size_t i = 0; i < flight->next; i++)
		if (flight->tags[i] && (flight->tags[i] == event->tag ||
					(event->is_multiple && flight->tags[i] < event->tag)))
			settle(flight, i, is_accepted ? BUS_ACCEPTED : BUS_DELAYED,
			       is_accepted ? NULL : "the broker did not take it (nack)");
}

static void mark_returned(struct flight *flight, const struct broker_event *event)
{
	for (size_t i = 0; i < flight->next; i++)
		if (flight->tags[i] && strcmp(flight->messages[i].id, event->id) == 0) {
			flight->outcomes[i].is_unrouted = true;
			g_free(flight->outcomes[i].problem);
			flight->outcomes[i].problem =
				g_strdup_printf("no queue wants it: %s", event->text);
		}
}

/* Takes those under way back: they are sent again. */
static void take_back(struct flight *flight)
{
	size_t first = flight->next;

	for (size_t i = flight->next; i-- > 0;)
		if (flight->tags[i]) {
			flight->tags[i] = 0;
			flight->outcomes[i].is_unrouted = false;
			g_clear_pointer(&flight->outcomes[i].problem, g_free);
			first = i;
		}
	flight->under_way = 0;
	flight->next = first;
}

/* The channel is closed, or the connection: for the one message under way, or for one of several,
 * which are tried alone then. */
static bool find_culprit(struct flight *flight, const struct broker_event *event, GError **error)
{
	struct bus_amqp *amqp = flight->amqp;
	enum bus_verdict verdict;

	if (!find_blame(event->code, &verdict))
		return fail(error, RIDA_ERROR_UNAVAILABLE, "the broker at %s closed the %s: %s",
			    amqp->options.url,
			    event->kind == BROKER_ENDED ? "connection" : "channel", event->text);
	if (flight->under_way == 1) {
		for (size_t i = 0; i < flight->next; i++)
			if (flight->tags[i])
				settle(flight, i, verdict, event->text);
	} else {
		flight->alone = MAX(flight->alone, flight->next);
		take_back(flight);
	}
	if (event->kind == BROKER_CLOSED)
		return broker_reopen(amqp->broker, error);
	disconnect(amqp);
	return connect_broker(amqp, flight->deadline, error);
}

static bool handle(struct flight *flight, const struct broker_event *event, GError **error)
{
	flight->heard = g_get_monotonic_time();
	flight->amqp->has_answered |= event->kind != BROKER_ENDED;
	switch (event->kind) {
	case BROKER_ACCEPTED:
	case BROKER_NACKED:
		settle_tags(flight, event);
		return true;
	case BROKER_RETURNED:
		mark_returned(flight, event);
		return true;
	case BROKER_CLOSED:
	case BROKER_ENDED:
		return find_culprit(flight, event, error);
	}
	return false;
}

static bool fail_silent(const struct flight *flight, GError **error)
{
	const char *words = broker_blocked(flight->amqp->broker);

	return fail(error, RIDA_ERROR_UNAVAILABLE,
		    "the broker at %s confirmed nothing for %u seconds%s%s",
		    flight->amqp->options.url, flight->amqp->options.timeout,
		    words ? "; it says: " : "", words ? words : "");
}

/* Hears what the broker has to say: at once when more can be sent, else until it says something. */
static bool listen(struct flight *flight, bool may_wait, GError **error)
{
	const int64_t silence = flight->heard + flight->amqp->options.timeout * G_USEC_PER_SEC;
	const int64_t until = may_wait ? MIN(flight->deadline, silence) : 0;
	g_auto(BrokerEvent) event = { 0 };
	int r = broker_next(flight->amqp->broker, until, &event, error);

	if (r > 0)
		return handle(flight, &event, error);
	if (r == 0 && may_wait && g_get_monotonic_time() >= silence)
		return fail_silent(flight, error);
	return r == 0;
}

static bool fly(struct flight *flight, GError **error)
{
	flight->heard = g_get_monotonic_time();
	while (may_publish(flight) || flight->under_way > 0) {
		bool is_full;

		if (g_get_monotonic_time() >= flight->deadline)
			return true;
		if (may_publish(flight) && !publish_next(flight, error))
			return false;
		if (flight->under_way == 0)
			continue;
		is_full = !may_publish(flight);
		if (!listen(flight, is_full, error))
			return false;
	}
	return true;
}

/* A connection that was left alone may have ended meanwhile; that is no fault of today's broker. */
static bool fly_again(struct flight *flight, GError **error)
{
	bool was_old = flight->amqp->broker;

	for (;;) {
		g_autoptr(GError) problem = NULL;

		if (was_old)
			flight->amqp->has_answered = false;
		if (connect_broker(flight->amqp, flight->deadline, &problem) &&
		    fly(flight, &problem))
			return true;
		if (!was_old || flight->amqp->has_answered) {
			g_propagate_error(error, g_steal_pointer(&problem));
			return false;
		}
		was_old = false;
		take_back(flight);
		disconnect(flight->amqp);
	}
}

static bool send_many(struct bus *bus, const struct bus_message *messages, size_t count,
		      int64_t deadline, struct bus_outcome *outcomes, GError **error)
{
	const int64_t now = g_get_monotonic_time();
	g_autofree uint64_t *tags = g_new0(uint64_t, count);
	g_autofree bool *is_settled = g_new0(bool, count);
	struct flight flight = {
		.amqp = (struct bus_amqp *)bus,
		.messages = messages,
		.outcomes = outcomes,
		.count = count,
		.tags = tags,
		.is_settled = is_settled,
		.deadline = deadline,
		.last_publish = deadline - MIN(LAST_PUBLISH, MAX(0, deadline - now) / 4),
	};
	bool is_good = count == 0 || fly_again(&flight, error);

	/* Confirmations that come later would be taken for those of other messages. */
	if (!is_good || flight.under_way > 0) {
		take_back(&flight);
		disconnect(flight.amqp);
	}
	return is_good;
}

static bool start_listening(struct bus_amqp *amqp, GError **error)
{
	const struct bus_options *options = &amqp->options;

	if (!connect_broker(amqp, INT64_MAX, error))
		return false;
	amqp->is_listening = amqp->is_listening ||
			     broker_listen(amqp->broker, options->listen_queue, options->exchange,
					   options->listen_topics, error);
	return amqp->is_listening;
}

static bool take_many(struct bus_amqp *amqp, unsigned limit, GPtrArray *hints, GError **error)
{
	size_t bytes = 0;
	int r = 1;

	for (unsigned i = 0; i < limit && bytes < TAKEN_BYTES_MAX && r > 0; i++) {
		g_autofree char *topic = NULL;
		g_autofree char *body = NULL;

		r = broker_take(amqp->broker, amqp->options.listen_queue, &topic, &body, error);
		if (r > 0 && body) {
			struct bus_hint *hint = g_new0(struct bus_hint, 1);

			bytes += strlen(body);
			hint->topic = g_steal_pointer(&topic);
			hint->body = g_steal_pointer(&body);
			g_ptr_array_add(hints, hint);
		}
	}
	return r >= 0;
}

static bool receive_many(struct bus *bus, unsigned limit, GPtrArray **ret, GError **error)
{
	struct bus_amqp *amqp = (struct bus_amqp *)bus;
	g_autoptr(GPtrArray) hints = g_ptr_array_new_with_free_func((GDestroyNotify)bus_hint_free);

	if (!*amqp->options.listen_queue)
		return bus_hears_nothing(bus, limit, ret, error);
	if (start_listening(amqp, error) && take_many(amqp, limit, hints, error)) {
		*ret = g_steal_pointer(&hints);
		return true;
	}
	disconnect(amqp);
	return false;
}

static bool acknowledge(struct bus *bus, GError **error)
{
	struct bus_amqp *amqp = (struct bus_amqp *)bus;

	if (!amqp->broker || broker_acknowledge(amqp->broker, error))
		return true;
	disconnect(amqp);
	return false;
}

const struct bus_ops bus_amqp = {
	.name = "amqp",
	.open = open_amqp,
	.close = close_amqp,
	.send_many = send_many,
	.receive_many = receive_many,
	.acknowledge = acknowledge,
};

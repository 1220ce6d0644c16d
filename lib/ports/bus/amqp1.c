/* SPDX-License-Identifier: MIT */
#include "ports/bus/bus.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "ports/bus/account.h"
#include "text/json.h"
#include "wire/amqp1.h"

/*
 * AMQP 1.0, at least once: what the broker has not settled is sent again in a later pass, with the
 * same id. Its words for why it rejects a message say whether waiting may help.
 */

#define TOPIC_MARK "{topic}"

struct bus_amqp1 {
	struct bus base;
	struct bus_options options; /* its texts are borrowed */
	struct bus_account account;
	struct amqp1 *amqp1; /* NULL: not connected */
};

/* Members of the body that receivers filter by. */
static const char *const filtered[] = { "id",     "state",   "state_name", "name",
					"stream", "version", "context",    "owner" };

/* One message in the protocol's words, with what it borrows. */
struct letter {
	struct json_object *body; /* NULL: no JSON */
	char *topic;
	char *address;
	struct amqp1_property properties[G_N_ELEMENTS(filtered)];
	size_t property_count;
};

static const struct {
	const char *condition;
	enum bus_verdict verdict;
} rejections[] = {
	{ "amqp:unauthorized-access", BUS_REFUSED },
	{ "amqp:not-allowed", BUS_REFUSED },
	{ "amqp:not-found", BUS_REFUSED },
	{ "amqp:resource-limit-exceeded", BUS_DELAYED },
	{ "amqp:resource-locked", BUS_DELAYED },
	{ "amqp:resource-deleted", BUS_REFUSED },
	{ "amqp:internal-error", BUS_DELAYED },
	{ "amqp:link:message-size-exceeded", BUS_UNFIT },
	{ "amqp:decode-error", BUS_UNFIT },
	{ "amqp:invalid-field", BUS_UNFIT },
	{ "amqp:not-implemented", BUS_UNFIT },
};

static enum bus_verdict rejection(const char *condition)
{
	for (size_t i = 0; i < G_N_ELEMENTS(rejections); i++)
		if (g_strcmp0(condition, rejections[i].condition) == 0)
			return rejections[i].verdict;
	return BUS_REFUSED;
}

static void close_amqp1(struct bus *bus)
{
	struct bus_amqp1 *amqp1 = (struct bus_amqp1 *)bus;

	if (!amqp1)
		return;
	amqp1_close(amqp1->amqp1);
	bus_account_clear(&amqp1->account);
	g_free(amqp1);
}

static bool check_options(const struct bus_options *options, GError **error)
{
	return *options->address || fail(error, RIDA_ERROR_UNACCEPTABLE, "bus_address is wanted");
}

static bool open_amqp1(const struct bus_options *options, struct bus **ret, GError **error)
{
	struct bus_amqp1 *amqp1 = g_new0(struct bus_amqp1, 1);
	g_autofree char *name = g_strdup_printf("rida-%s-%d", g_get_host_name(), (int)getpid());

	amqp1->base.ops = &bus_amqp1;
	amqp1->options = *options;
	if (!amqp1_is_built_in(error) || !check_options(options, error) ||
	    !bus_account_init(&amqp1->account, options, name, error)) {
		g_prefix_error(error, "bus: amqp1: ");
		close_amqp1(&amqp1->base);
		return false;
	}
	*ret = &amqp1->base;
	return true;
}

/* The moment after which nothing is waited for. */
static int64_t patience(const struct bus_amqp1 *amqp1, int64_t deadline)
{
	return MIN(deadline, g_get_monotonic_time() + amqp1->options.timeout * G_USEC_PER_SEC);
}

static bool connect_broker(struct bus_amqp1 *amqp1, int64_t deadline, GError **error)
{
	return amqp1->amqp1 ||
	       amqp1_open(&amqp1->account.login, patience(amqp1, deadline), &amqp1->amqp1, error);
}

static void add_property(struct letter *letter, const char *name)
{
	struct json_object *member = json_object_object_get(letter->body, name);
	struct amqp1_property *property = &letter->properties[letter->property_count];

	property->name = name;
	if (json_object_is_type(member, json_type_string))
		property->text = json_object_get_string(member);
	else if (json_object_is_type(member, json_type_int))
		property->number = json_object_get_int64(member);
	else
		return;
	letter->property_count++;
}

static void letter_init(struct letter *letter, const struct bus_options *options,
			const struct bus_message *message, struct amqp1_message *ret)
{
	g_auto(GStrv) parts = g_strsplit(options->address, TOPIC_MARK, -1);

	letter->topic = bus_topic(options, message);
	letter->address = g_strjoinv(letter->topic, parts);
	if (read_json(message->body, strlen(message->body), &letter->body, NULL) &&
	    json_object_is_type(letter->body, json_type_object))
		for (size_t i = 0; i < G_N_ELEMENTS(filtered); i++)
			add_property(letter, filtered[i]);
	*ret = (struct amqp1_message){
		.address = letter->address,
		.id = message->id,
		.subject = letter->topic,
		.content_type = "application/json",
		.body = message->body,
		.at = message->at,
		.properties = letter->properties,
		.property_count = letter->property_count,
	};
}

static void letter_clear(struct letter *letter)
{
	json_object_put(letter->body);
	g_free(letter->topic);
	g_free(letter->address);
}

static enum bus_verdict verdict_of(const struct amqp1_outcome *outcome)
{
	switch (outcome->settled) {
	case AMQP1_UNSETTLED:
		return BUS_UNSENT;
	case AMQP1_ACCEPTED:
		return BUS_ACCEPTED;
	case AMQP1_RELEASED:
		return BUS_DELAYED;
	case AMQP1_REJECTED:
	case AMQP1_NO_LINK:
		return rejection(outcome->condition);
	}
	return BUS_UNSENT;
}

static void judge(const struct amqp1_outcome *settled, struct bus_outcome *outcome)
{
	const char *words = settled->words ? settled->words : "";

	outcome->verdict = verdict_of(settled);
	if (settled->condition)
		outcome->problem =
			g_strdup_printf("%s%s%s", settled->condition, *words ? ": " : "", words);
	else if (outcome->verdict != BUS_ACCEPTED && settled->settled != AMQP1_UNSETTLED)
		outcome->problem = g_strdup(settled->settled == AMQP1_RELEASED
						    ? "the broker gave the message back"
						    : "the broker rejected it without a reason");
}

static bool send_letters(struct bus_amqp1 *amqp1, struct amqp1_batch *batch,
			 struct bus_outcome *outcomes, GError **error)
{
	g_autofree struct amqp1_outcome *settled = g_new0(struct amqp1_outcome, batch->count);
	bool is_there;

	batch->outcomes = settled;
	is_there = amqp1_send(amqp1->amqp1, batch, error);
	for (size_t i = 0; i < batch->count; i++) {
		judge(&settled[i], &outcomes[i]);
		amqp1_outcome_clear(&settled[i]);
	}
	if (!is_there)
		g_clear_pointer(&amqp1->amqp1, amqp1_close);
	return is_there;
}

static bool send_amqp1(struct bus *bus, const struct bus_message *messages, size_t count,
		       int64_t deadline, struct bus_outcome *outcomes, GError **error)
{
	struct bus_amqp1 *amqp1 = (struct bus_amqp1 *)bus;
	g_autofree struct letter *letters = g_new0(struct letter, count);
	g_autofree struct amqp1_message *encoded = g_new0(struct amqp1_message, count);
	struct amqp1_batch batch = {
		.messages = encoded,
		.count = count,
		.window = amqp1->options.window,
		.timeout = amqp1->options.timeout,
		.deadline = deadline,
	};
	bool is_there;

	if (count == 0)
		return true;
	if (!connect_broker(amqp1, deadline, error))
		return false;
	for (size_t i = 0; i < count; i++)
		letter_init(&letters[i], &amqp1->options, &messages[i], &encoded[i]);
	is_there = send_letters(amqp1, &batch, outcomes, error);
	for (size_t i = 0; i < count; i++)
		letter_clear(&letters[i]);
	return is_there;
}

/* A hint's topic is its subject where it has one, else where it was sent to. */
static void take_hint(void *data, const struct amqp1_taken *taken)
{
	const bool has_subject = taken->subject && *taken->subject;
	struct bus_hint *hint;

	if (!taken->body)
		return;
	hint = g_new0(struct bus_hint, 1);
	hint->topic = g_strdup(has_subject ? taken->subject : taken->address ? taken->address : "");
	hint->body = g_strdup(taken->body);
	g_ptr_array_add(data, hint);
}

static bool receive_amqp1(struct bus *bus, unsigned limit, GPtrArray **ret, GError **error)
{
	struct bus_amqp1 *amqp1 = (struct bus_amqp1 *)bus;
	const int64_t deadline = patience(amqp1, G_MAXINT64);
	g_autoptr(GPtrArray) hints = g_ptr_array_new_with_free_func((GDestroyNotify)bus_hint_free);
	const struct amqp1_wish wish = {
		.queue = amqp1->options.listen_queue,
		.limit = limit,
		.body_bytes = BUS_HINT_BYTES_MAX,
		.deadline = deadline,
		.take = take_hint,
		.data = hints,
	};

	if (!*wish.queue)
		return fail(error, RIDA_ERROR_UNSUPPORTED, "bus_listen_queue is not set");
	if (!connect_broker(amqp1, deadline, error))
		return false;
	if (!amqp1_receive(amqp1->amqp1, &wish, error)) {
		g_clear_pointer(&amqp1->amqp1, amqp1_close);
		return false;
	}
	*ret = g_steal_pointer(&hints);
	return true;
}

static bool acknowledge_amqp1(struct bus *bus, GError **error)
{
	struct bus_amqp1 *amqp1 = (struct bus_amqp1 *)bus;

	return !amqp1->amqp1 || amqp1_acknowledge(amqp1->amqp1, patience(amqp1, G_MAXINT64), error);
}

const struct bus_ops bus_amqp1 = {
	.name = "amqp1",
	.open = open_amqp1,
	.close = close_amqp1,
	.send_many = send_amqp1,
	.receive_many = receive_amqp1,
	.acknowledge = acknowledge_amqp1,
};

/* SPDX-License-Identifier: MIT */

/*
 * A bus for tests in other languages: bus_probe BUS [--OPTION VALUE]... takes commands from its
 * standard input and answers each with lines, the last of which is "true" or "false ERROR".
 *
 *	message ID TOPIC BODY       adds one to the batch, the body to the end of the line
 *	many PREFIX COUNT BYTES     adds PREFIX-0, ... with bodies of at least that size
 *	send SECONDS                sends the batch: "ID VERDICT PROBLEM" for each
 *	count SECONDS               likewise, and prints only how many were accepted in what time
 *	take LIMIT                  what has come: "TOPIC BODY" for each
 *	acknowledge
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "ports/bus/bus.h"

#define TOPIC "module.state.change"

struct probe {
	struct bus *bus;
	GPtrArray *texts; /* whatever the messages borrow */
	GArray *messages;
};

static const char *const verdicts[] = { "unsent", "accepted", "delayed", "refused", "unfit" };

static void conclude(bool is_good, const GError *error)
{
	if (is_good)
		puts("true");
	else
		printf("false %s: %s\n", error_code_name(error_code(error)), error->message);
}

static uint64_t number_of(const char *text)
{
	uint64_t number = 0;

	if (!text || !strict_u64(text, 0, UINT32_MAX, &number, NULL))
		g_error("a number is wanted, not %s", text ? text : "nothing");
	return number;
}

static const char *keep(struct probe *probe, char *text)
{
	g_ptr_array_add(probe->texts, text);
	return text;
}

static void add(struct probe *probe, const char *id, const char *topic, const char *body)
{
	const struct bus_message message = { .id = id,
					     .topic = topic,
					     .body = body,
					     .build_id = probe->messages->len + 1,
					     .seq = 1,
					     .name = "bash",
					     .owner = "ann",
					     .severity = 20,
					     .at = INT64_C(1543433598) * G_USEC_PER_SEC };

	g_array_append_val(probe->messages, message);
}

static void add_many(struct probe *probe, const char *prefix, uint64_t count, uint64_t bytes)
{
	g_autofree char *pad = g_strnfill(bytes, 'x');

	for (uint64_t i = 0; i < count; i++) {
		const char *id = keep(probe, g_strdup_printf("%s-%" PRIu64, prefix, i));

		add(probe, id, TOPIC,
		    keep(probe, g_strdup_printf("{\"id\":\"%s\",\"pad\":\"%s\"}", id, pad)));
	}
}

static void report(const struct bus_message *message, const struct bus_outcome *outcome)
{
	printf("%s %s%s %s\n", message->id, verdicts[outcome->verdict],
	       outcome->is_unrouted ? ",unrouted" : "", outcome->problem ? outcome->problem : "");
}

static void send(struct probe *probe, uint64_t seconds, bool is_quiet)
{
	const guint count = probe->messages->len;
	const struct bus_message *messages = &g_array_index(probe->messages, struct bus_message, 0);
	g_autofree struct bus_outcome *outcomes = g_new0(struct bus_outcome, count);
	g_autoptr(GError) error = NULL;
	int64_t start = g_get_monotonic_time();
	guint accepted = 0;
	bool is_good = probe->bus->ops->send_many(probe->bus, messages, count,
						  start + (int64_t)seconds * G_USEC_PER_SEC,
						  outcomes, &error);

	for (guint i = 0; i < count; i++) {
		accepted += outcomes[i].verdict == BUS_ACCEPTED;
		if (!is_quiet)
			report(&messages[i], &outcomes[i]);
		bus_outcome_clear(&outcomes[i]);
	}
	if (is_quiet)
		printf("%u accepted in %" PRId64 " microseconds\n", accepted,
		       g_get_monotonic_time() - start);
	g_array_set_size(probe->messages, 0);
	g_ptr_array_set_size(probe->texts, 0);
	conclude(is_good, error);
}

static void take(struct probe *probe, char **words)
{
	const unsigned limit = (unsigned)number_of(words[1]);
	g_autoptr(GPtrArray) hints = NULL;
	g_autoptr(GError) error = NULL;
	bool is_good = probe->bus->ops->receive_many(probe->bus, limit, &hints, &error);

	for (guint i = 0; is_good && i < hints->len; i++) {
		const struct bus_hint *hint = hints->pdata[i];

		printf("%s %s\n", hint->topic, hint->body);
	}
	conclude(is_good, error);
}

static void acknowledge(struct probe *probe, char **words G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	bool is_good = probe->bus->ops->acknowledge(probe->bus, &error);

	conclude(is_good, error);
}

static void obey_message(struct probe *probe, char **words)
{
	add(probe, keep(probe, g_strdup(words[1])), keep(probe, g_strdup(words[2])),
	    keep(probe, g_strdup(words[3])));
}

static void obey_many(struct probe *probe, char **words)
{
	add_many(probe, words[1], number_of(words[2]), number_of(words[3]));
}

static void obey_send(struct probe *probe, char **words)
{
	send(probe, number_of(words[1]), strcmp(words[0], "count") == 0);
}

static const struct {
	const char *name;
	guint words;
	void (*obey)(struct probe *probe, char **words);
} commands[] = {
	{ "message", 4, obey_message }, { "many", 4, obey_many }, { "send", 2, obey_send },
	{ "count", 2, obey_send },      { "take", 2, take },      { "acknowledge", 1, acknowledge },
};

static void obey(struct probe *probe, char **words)
{
	for (size_t i = 0; i < G_N_ELEMENTS(commands); i++)
		if (g_strv_length(words) == commands[i].words &&
		    strcmp(words[0], commands[i].name) == 0) {
			commands[i].obey(probe, words);
			return;
		}
	g_error("no such command: %s", words[0] ? words[0] : "");
}

static void obey_all(struct probe *probe)
{
	g_autofree char *line = NULL;
	size_t size = 0;

	probe->messages = g_array_new(FALSE, TRUE, sizeof(struct bus_message));
	probe->texts = g_ptr_array_new_with_free_func(g_free);
	puts("true");
	for (;;) {
		g_auto(GStrv) words = NULL;

		fflush(stdout);
		if (getline(&line, &size, stdin) < 0)
			break;
		words = g_strsplit(g_strchomp(line), " ", 4);
		obey(probe, words);
	}
	g_array_unref(probe->messages);
	g_ptr_array_unref(probe->texts);
}

int main(int argc, char **argv)
{
	static struct bus_options options = {
		.topic_prefix = "org.example",
		.file = "",
		.url = "",
		.user = "",
		.password_file = "",
		.ca_file = "",
		.certificate_file = "",
		.key_file = "",
		.exchange = "amq.topic",
		.address = "",
		.window = 100,
		.timeout = 10,
		.listen_queue = "",
	};
	static const GOptionEntry entries[] = {
		{ "url", 0, 0, G_OPTION_ARG_STRING, &options.url, NULL, NULL },
		{ "user", 0, 0, G_OPTION_ARG_STRING, &options.user, NULL, NULL },
		{ "password-file", 0, 0, G_OPTION_ARG_STRING, &options.password_file, NULL, NULL },
		{ "ca", 0, 0, G_OPTION_ARG_STRING, &options.ca_file, NULL, NULL },
		{ "certificate", 0, 0, G_OPTION_ARG_STRING, &options.certificate_file, NULL, NULL },
		{ "key", 0, 0, G_OPTION_ARG_STRING, &options.key_file, NULL, NULL },
		{ "exchange", 0, 0, G_OPTION_ARG_STRING, &options.exchange, NULL, NULL },
		{ "address", 0, 0, G_OPTION_ARG_STRING, &options.address, NULL, NULL },
		{ "queue", 0, 0, G_OPTION_ARG_STRING, &options.listen_queue, NULL, NULL },
		{ "topic", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.listen_topics, NULL, NULL },
		{ "window", 0, 0, G_OPTION_ARG_INT, &options.window, NULL, NULL },
		{ "timeout", 0, 0, G_OPTION_ARG_INT, &options.timeout, NULL, NULL },
		{ 0 },
	};
	g_autoptr(GOptionContext) context = g_option_context_new("BUS");
	g_autoptr(GError) error = NULL;
	struct probe probe = { 0 };
	const struct bus_ops *ops;

	g_option_context_add_main_entries(context, entries, NULL);
	if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 2)
		g_error("%s", error ? error->message : "which bus?");
	ops = bus_find(argv[1], &error);
	if (!ops || !ops->open(&options, &probe.bus, &error)) {
		conclude(false, error);
		return EXIT_SUCCESS;
	}
	obey_all(&probe);
	ops->close(probe.bus);
	return EXIT_SUCCESS;
}

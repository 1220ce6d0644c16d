/* SPDX-License-Identifier: MIT */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "contract/bus_sending.h"
#include "contract/peer.h"
#include "ports/bus/bus.h"
#include "tests/unit/file_fixture.h"
#include "tests/unit/ports/json_lines.h"
#include "wire/amqp1.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* What every bus keeps to, then what the file bus promises besides. */

struct world {
	struct file_fixture place;
	struct bus_options options;
};

static const struct bus_ops *current;
static const char *broker = ""; /* the URL of one that was started for it */

/* The buses that need another side get it, unless one was started for them. */
static void use_peer(struct bus_options *options)
{
	if (*broker)
		return;
	if (current == &bus_webhook) {
		options->url = peer_receiver()->url;
		options->password_file = peer_receiver()->secret;
	} else if (current == &bus_amqp1) {
		options->url = peer_amqp1()->url;
	}
}

static int set_up(void **state)
{
	struct world *world = g_new0(struct world, 1);

	file_fixture_init(&world->place);
	world->options = (struct bus_options){ .file = world->place.file,
					       .topic_prefix = "org.example",
					       .url = broker,
					       .user = "",
					       .password_file = "",
					       .ca_file = "",
					       .certificate_file = "",
					       .key_file = "",
					       .exchange = "amq.topic",
					       .address = "topic://{topic}",
					       .listen_queue = "",
					       .window = 8,
					       .timeout = 10 };
	use_peer(&world->options);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	file_fixture_clear(&world->place);
	g_free(world);
	return 0;
}

static struct bus *open_bus(const struct world *world, const struct bus_ops *ops)
{
	struct bus *bus = open_or_fail(ops, &world->options);

	assert_ptr_equal(bus->ops, ops);
	return bus;
}

static int64_t soon(void)
{
	return g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
}

static void send(struct bus *bus, const char *id, const char *body, uint32_t seq)
{
	struct bus_message message = message_of(id, body);
	struct bus_outcome outcome = { 0 };
	g_autoptr(GError) error = NULL;

	message.seq = seq;
	if (!bus->ops->send_many(bus, &message, 1, soon(), &outcome, &error))
		fail_msg("send: %s", error->message);
	assert_int_equal(outcome.verdict, BUS_ACCEPTED);
	bus_outcome_clear(&outcome);
}

static void messages_are_accepted(void **state)
{
	struct bus *bus = open_bus(*state, current);
	const struct bus_message messages[] = {
		{ .id = "a",
		  .topic = "module.state.change",
		  .body = "{\"state\":0}",
		  .build_id = 42 },
		{ .id = "b",
		  .topic = "module.state.change",
		  .body = "{\"state\":1}",
		  .build_id = 43 },
	};
	struct bus_outcome outcomes[2] = { 0 };
	g_autoptr(GError) error = NULL;

	assert_true(current->send_many(bus, messages, 2, soon(), outcomes, &error));
	assert_int_equal(outcomes[0].verdict, BUS_ACCEPTED);
	assert_int_equal(outcomes[1].verdict, BUS_ACCEPTED);
	bus_outcome_clear(&outcomes[0]);
	bus_outcome_clear(&outcomes[1]);
	assert_true(current->send_many(bus, messages, 0, soon(), outcomes, &error));
	for (size_t i = 0; i < G_N_ELEMENTS(outcomes); i++)
		bus_outcome_clear(&outcomes[i]);
	current->close(bus);
}

static void the_registry_knows_it(void **state)
{
	(void)state;
	assert_ptr_equal(bus_find(current->name, NULL), current);
}

static void a_bus_nobody_knows_is_refused_with_those_there_are(void **state)
{
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(bus_find("carrier-pigeon", &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNSUPPORTED));
	assert_non_null(strstr(error->message, "none, file"));
}

/* The ids in the file, joined by blanks. */
static char *ids_of(const struct world *world)
{
	g_autoptr(GPtrArray) ids = json_lines_member(world->place.file, "id");

	g_ptr_array_add(ids, NULL);
	return g_strjoinv(" ", (char **)ids->pdata);
}

static void a_line_holds_the_whole_message(void **state)
{
	const struct world *world = *state;
	struct bus *bus = open_bus(world, &bus_file);
	g_autofree char *text = NULL;

	send(bus, "m1", "{\"state\": 2, \"name\": \"a\\nb\"}", 3);
	bus->ops->close(bus);
	assert_true(g_file_get_contents(world->place.file, &text, NULL, NULL));
	assert_string_equal(
		text, "{\"id\":\"m1\",\"topic\":\"org.example.module.state.change\",\"build\":42,"
		      "\"seq\":3,\"body\":{\"state\":2,\"name\":\"a\\nb\"}}\n");
}

static void a_body_that_is_no_json_stays_one_line(void **state)
{
	const struct world *world = *state;
	struct bus *bus = open_bus(world, &bus_file);
	g_autofree char *ids = NULL;

	send(bus, "m1", "oops\n{", 1);
	send(bus, "m2", "{}", 2);
	bus->ops->close(bus);
	ids = ids_of(world);
	assert_string_equal(ids, "m1 m2");
}

static void a_torn_last_line_is_cut_off(void **state)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "{\"id\":\"old\"}\n{\"id\":\"to", "old new" },
		{ "{\"id\":\"old\"}\n", "old new" },
		{ "{\"id\"", "new" },
		{ "", "new" },
	};
	const struct world *world = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *ids = NULL;
		struct bus *bus;

		assert_true(g_file_set_contents(world->place.file, cases[i].before, -1, NULL));
		bus = open_bus(world, &bus_file);
		send(bus, "new", "{}", 1);
		bus->ops->close(bus);
		ids = ids_of(world);
		assert_string_equal(ids, cases[i].after);
	}
}

static void a_long_torn_line_is_cut_off_whole(void **state)
{
	const struct world *world = *state;
	g_autofree char *torn = g_strnfill(20000, 'x');
	g_autofree char *before = g_strconcat("{\"id\":\"old\"}\n", torn, NULL);
	g_autofree char *ids = NULL;
	struct bus *bus;

	assert_true(g_file_set_contents(world->place.file, before, -1, NULL));
	bus = open_bus(world, &bus_file);
	send(bus, "new", "{}", 1);
	bus->ops->close(bus);
	ids = ids_of(world);
	assert_string_equal(ids, "old new");
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
	struct bus_options options = { .file = "/nonexistent/messages", .topic_prefix = "" };
	g_autoptr(GError) error = NULL;
	struct bus *bus = NULL;

	(void)state;
	assert_false(bus_file.open(&options, &bus, &error));
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	assert_non_null(strstr(error->message, "/nonexistent/messages"));
}

static void a_full_disk_is_an_error_and_nothing_counts_as_sent(void **state)
{
	struct bus_options options = { .file = "/dev/full", .topic_prefix = "" };
	const struct bus_message message = { .id = "a", .topic = "t", .body = "{}", .build_id = 1 };
	struct bus_outcome outcome = { 0 };
	g_autoptr(GError) error = NULL;
	struct bus *bus = NULL;

	(void)state;
	assert_true(bus_file.open(&options, &bus, NULL));
	assert_false(bus_file.send_many(bus, &message, 1, soon(), &outcome, &error));
	assert_int_equal(outcome.verdict, BUS_UNSENT);
	assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
	bus_file.close(bus);
}

/* In a child, where no assertion may return to the runner of tests. */
static bool write_many(const struct world *world, uint32_t count)
{
	const struct bus_message message = {
		.id = "m", .topic = "t", .body = "{\"text\": \"some bytes that could be torn\"}"
	};
	struct bus_outcome outcome = { 0 };
	struct bus *bus = NULL;
	bool is_good = bus_file.open(&world->options, &bus, NULL);

	for (uint32_t i = 0; is_good && i < count; i++)
		is_good = bus_file.send_many(bus, &message, 1, soon(), &outcome, NULL);
	bus_file.close(bus);
	return is_good;
}

static void writers_take_turns(void **state)
{
	enum { WRITERS = 4, EACH = 25 };
	const struct world *world = *state;
	g_autoptr(GPtrArray) ids = NULL;
	pid_t children[WRITERS];

	for (int i = 0; i < WRITERS; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(write_many(world, EACH) ? 0 : 1);
		assert_true(children[i] > 0);
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = 1;

		waitpid(children[i], &status, 0);
		assert_int_equal(status, 0);
	}
	ids = json_lines_member(world->place.file, "id");
	assert_int_equal(ids->len, WRITERS * EACH);
}

/* Without arguments: the buses that need nobody. BUS URL: that one, whose broker is at the URL. */
int main(int argc, char **argv)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest contract[] = {
		WORLD(messages_are_accepted),
		WORLD(the_registry_knows_it),
	};
	const struct CMUnitTest of_file[] = {
		WORLD(a_bus_nobody_knows_is_refused_with_those_there_are),
		WORLD(a_line_holds_the_whole_message),
		WORLD(a_body_that_is_no_json_stays_one_line),
		WORLD(a_torn_last_line_is_cut_off),
		WORLD(a_long_torn_line_is_cut_off_whole),
		WORLD(a_file_that_cannot_be_opened_is_named),
		WORLD(a_full_disk_is_an_error_and_nothing_counts_as_sent),
		WORLD(writers_take_turns),
	};
	static const struct bus_ops *const buses[] = { &bus_none, &bus_file, &bus_webhook,
						       &bus_amqp1 };
	int failed = 0;

	if (argc == 3) {
		current = bus_find(argv[1], NULL);
		broker = argv[2];
		return cmocka_run_group_tests_name(argv[1], contract, NULL, NULL);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(buses); i++) {
		current = buses[i];
		if (current == &bus_amqp1 && !amqp1_is_built_in(NULL))
			continue;
		failed += cmocka_run_group_tests_name(current->name, contract, NULL, NULL);
	}
	failed += cmocka_run_group_tests_name("the file bus", of_file, NULL, NULL);
	return failed ? 1 : 0;
}

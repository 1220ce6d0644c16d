/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "ports/builder/builder.h"
#include "ports/builder/memory_plan.h"
#include "tests/unit/file_fixture.h"
#include "tests/unit/ports/json_lines.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* What the memory builder promises beside the contract: its file, its plans and its faults. */

struct world {
	struct file_fixture place;
	struct build *build;
	struct component *component; /* the build's only one */
	struct builder *builder;
};

static void open_builder(struct world *world)
{
	const struct builder_options options = { .memory_file = world->place.file };
	g_autoptr(GError) error = NULL;

	if (!builder_memory.open(&options, &world->builder, &error))
		fail_msg("open: %s", error->message);
}

static int set_up(void **state)
{
	struct world *world = g_new0(struct world, 1);

	file_fixture_init(&world->place);
	world->build = build_new();
	world->build->id = 42;
	text_set(&world->build->uuid, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
	text_set(&world->build->name, "module");
	text_set(&world->build->dist, ".d");
	world->component = component_new("foo");
	world->component->attempt = 1;
	world->build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	g_ptr_array_add(world->build->components, world->component);
	open_builder(world);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	builder_memory.close(world->builder);
	build_free(world->build);
	file_fixture_clear(&world->place);
	g_free(world);
	return 0;
}

/* Submits the component under a key; the outcome is the caller's. */
static struct outcome submit(const struct world *world, struct builder *builder, const char *key)
{
	struct submission submission = { .build = world->build,
					 .component = world->component,
					 .modulemd = "",
					 .idem_key = key,
					 .attempt_id = 1 };
	struct outcome outcome = { 0 };

	builder_memory.submit_many(builder, &submission, 1, &outcome);
	return outcome;
}

static uint64_t start(const struct world *world, const char *key)
{
	struct outcome outcome = submit(world, world->builder, key);

	if (outcome.error)
		fail_msg("%s", outcome.error->message);
	return outcome.task_id;
}

static enum task_state look(const struct world *world, uint64_t task)
{
	struct task_ref ref = { world->build, world->component, "", 1, task };
	struct outcome outcome = { 0 };
	enum task_state seen;

	builder_memory.poll_many(world->builder, &ref, 1, &outcome);
	assert_null(outcome.error);
	seen = outcome.task_state;
	outcomes_clear(&outcome, 1);
	return seen;
}

/* How many lines of the file are about that event. */
static unsigned count_lines(const struct world *world, const char *event)
{
	g_autoptr(GPtrArray) events = json_lines_member(world->place.file, "event");
	unsigned count = 0;

	for (guint i = 0; i < events->len; i++)
		count += strcmp(g_ptr_array_index(events, i), event) == 0;
	return count;
}

/* No key may have two tasks. */
static void assert_keys_are_single(const struct world *world)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) keys = json_lines_member(world->place.file, "key");

	for (guint i = 0; i < keys->len; i++)
		if (!g_hash_table_add(seen, g_ptr_array_index(keys, i)))
			fail_msg("%s has two tasks", (char *)g_ptr_array_index(keys, i));
}

static void append(const struct world *world, const char *text)
{
	int fd = open(world->place.file, O_WRONLY | O_APPEND | O_CREAT, 0600);

	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void a_plan_is_read_from_ref_or_name(void **state)
{
	static const struct {
		const char *name, *ref;
		uint32_t attempt;
		struct memory_plan plan;
	} cases[] = {
		{ "foo", "master", 1, { false, 5, 0, false } },
		{ "foo", NULL, 1, { false, 5, 0, false } },
		{ "foo", "", 1, { false, 5, 0, false } },
		{ "foo", "fail", 1, { true, 5, 0, false } },
		{ "foo", "hang", 1, { false, -1, 0, false } },
		{ "foo", "ms-500", 1, { false, 500, 0, false } },
		{ "foo", "polls-3", 1, { false, 5, 3, false } },
		{ "foo", "fail.polls-2", 1, { true, 5, 2, false } },
		{ "foo", "fail-first", 1, { true, 5, 0, false } },
		{ "foo", "fail-first", 2, { false, 5, 0, false } },
		{ "foo", "vanish", 2, { false, 5, 0, true } },
		{ "foo", "vanish-first", 1, { false, 5, 0, true } },
		{ "foo", "vanish-first", 2, { false, 5, 0, false } },
		{ "hang", "master", 1, { false, -1, 0, false } },
		{ "hang", "fail", 1, { true, 5, 0, false } },
		{ "fail2ban", "master", 1, { false, 5, 0, false } },
		{ "foo", "ms-x", 1, { false, 5, 0, false } },
		{ "foo", "fail.other", 1, { false, 5, 0, false } },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Component) component = component_new(cases[i].name);
		struct memory_plan plan;

		text_set(&component->ref, cases[i].ref);
		component->attempt = cases[i].attempt;
		plan = memory_plan_read(component);
		if (plan.fails != cases[i].plan.fails || plan.ms != cases[i].plan.ms ||
		    plan.polls != cases[i].plan.polls || plan.vanishes != cases[i].plan.vanishes)
			fail_msg("%s %s", cases[i].name, cases[i].ref);
	}
}

static void each_submission_leaves_exactly_one_line(void **state)
{
	struct world *world = *state;

	start(world, "k1");
	start(world, "k1");
	start(world, "k2");
	assert_int_equal(count_lines(world, "submit"), 2);
}

static void a_task_ends_at_the_look_it_was_planned_for(void **state)
{
	struct world *world = *state;
	uint64_t task;

	text_set(&world->component->ref, "polls-3");
	task = start(world, "k1");
	assert_int_equal(look(world, task), TASK_OPEN);
	assert_int_equal(look(world, task), TASK_OPEN);
	builder_memory.close(world->builder);
	open_builder(world);
	assert_int_equal(look(world, task), TASK_CLOSED);
	assert_int_equal(look(world, task), TASK_CLOSED);
	assert_int_equal(count_lines(world, "poll"), 3);
}

static void looking_at_running_tasks_writes_nothing(void **state)
{
	struct world *world = *state;
	uint64_t task;
	struct stat before, after;

	text_set(&world->component->ref, "hang");
	task = start(world, "k1");
	assert_int_equal(g_stat(world->place.file, &before), 0);
	assert_int_equal(look(world, task), TASK_OPEN);
	assert_int_equal(g_stat(world->place.file, &after), 0);
	assert_int_equal(before.st_size, after.st_size);
}

static void two_openers_see_the_same_world(void **state)
{
	struct world *world = *state;
	struct builder *first = world->builder;
	uint64_t task;

	text_set(&world->component->ref, "hang");
	open_builder(world);
	task = start(world, "k1");
	{
		struct outcome again = submit(world, first, "k1");
		struct outcome other = submit(world, first, "k2");

		assert_int_equal(again.task_id, task);
		assert_int_equal(other.task_id, task + 1);
	}
	assert_int_equal(look(world, task + 1), TASK_OPEN);
	assert_int_equal(count_lines(world, "submit"), 2);
	builder_memory.close(first);
}

static void a_line_that_its_writer_did_not_end_never_happened(void **state)
{
	struct world *world = *state;

	start(world, "k1");
	append(world, "{\"event\":\"submit\",\"task\":2,\"key\":\"k2\",\"ms\":0,\"at\":1}");
	assert_int_equal(start(world, "k3"), 2);
	assert_int_equal(count_lines(world, "submit"), 2);
	builder_memory.close(world->builder);
	open_builder(world);
	assert_int_not_equal(look(world, 2), TASK_NONE);
	assert_int_equal(count_lines(world, "submit"), 2);
}

static void a_line_that_makes_no_sense_is_an_error_of_each_element(void **state)
{
	struct world *world = *state;
	struct outcome outcome;

	append(world, "this is no JSON\n");
	outcome = submit(world, world->builder, "k1");
	assert_non_null(outcome.error);
	assert_non_null(strstr(outcome.error->message, world->place.file));
	outcomes_clear(&outcome, 1);
}

static void a_planned_fault_happens_so_often_and_then_no_more(void **state)
{
	struct world *world = *state;

	append(world,
	       "{\"event\":\"fault\",\"slot\":\"submit\",\"name\":\"foo\",\"code\":\"unavailable\",\"times\":2}\n");
	append(world,
	       "{\"event\":\"fault\",\"slot\":\"submit\",\"name\":\"other\",\"code\":\"internal\",\"times\":9}\n");
	for (int i = 0; i < 2; i++) {
		struct outcome outcome = submit(world, world->builder, "k1");

		assert_true(g_error_matches(outcome.error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
		outcomes_clear(&outcome, 1);
		builder_memory.close(world->builder);
		open_builder(world);
	}
	assert_int_equal(count_lines(world, "submit"), 0);
	start(world, "k1");
}

static void an_answer_that_is_lost_leaves_a_task_to_recover(void **state)
{
	struct world *world = *state;
	struct submission submission = { .build = world->build,
					 .component = world->component,
					 .modulemd = "",
					 .idem_key = "k1",
					 .attempt_id = 1 };
	struct outcome outcome;

	append(world,
	       "{\"event\":\"fault\",\"slot\":\"submit\",\"name\":\"\",\"code\":\"unknown-outcome\",\"times\":1}\n");
	outcome = submit(world, world->builder, "k1");
	assert_true(g_error_matches(outcome.error, RIDA_ERROR, RIDA_ERROR_UNKNOWN_OUTCOME));
	outcomes_clear(&outcome, 1);
	builder_memory.recover_many(world->builder, &submission, 1, &outcome);
	assert_true(outcome.is_known);
	assert_int_equal(outcome.task_id, 1);
	outcomes_clear(&outcome, 1);
	assert_int_equal(count_lines(world, "submit"), 1);
}

static void without_a_file_it_says_which_option_is_missing(void **state)
{
	const struct builder_options options = { .memory_file = "" };
	g_autoptr(GError) error = NULL;
	struct builder *builder = NULL;

	(void)state;
	assert_false(builder_memory.open(&options, &builder, &error));
	assert_non_null(strstr(error->message, "memory_builder_file"));
}

static void a_full_disk_means_that_nothing_happened(void **state)
{
	const struct builder_options options = { .memory_file = "/dev/full" };
	struct world *world = *state;
	struct builder *builder = NULL;
	struct outcome outcome;

	assert_true(builder_memory.open(&options, &builder, NULL));
	for (int i = 0; i < 2; i++) {
		outcome = submit(world, builder, "k1");
		assert_true(g_error_matches(outcome.error, RIDA_ERROR, RIDA_ERROR_UNAVAILABLE));
		assert_int_equal(outcome.task_id, 0);
		outcomes_clear(&outcome, 1);
	}
	builder_memory.close(builder);
}

/* A writer that submits until it is killed, or for so long that nobody will kill it any more. */
static void submit_on_and_on(struct world *world, int writer)
{
	open_builder(world);
	for (unsigned i = 0; i < 100000; i++) {
		g_autofree char *key = g_strdup_printf("%d-%u", writer, i);
		struct outcome outcome = submit(world, world->builder, key);

		if (outcome.error)
			_exit(1);
	}
	_exit(0);
}

static pid_t start_writer(struct world *world, int writer)
{
	pid_t child = fork();

	if (child == 0)
		submit_on_and_on(world, writer);
	assert_true(child > 0);
	return child;
}

static void kill_writer(pid_t child)
{
	int status = 0;

	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void killed_writers_leave_a_readable_file_and_no_task_twice(void **state)
{
	struct world *world = *state;
	unsigned before;

	text_set(&world->component->ref, "hang");
	for (int round = 0; round < 10; round++) {
		pid_t writers[2];

		for (int i = 0; i < 2; i++)
			writers[i] = start_writer(world, i);
		g_usleep(3000 + (gulong)round * 1000);
		for (int i = 0; i < 2; i++)
			kill_writer(writers[i]);
		start(world, "0-0"); /* repairs the end */
		before = count_lines(world, "submit");
		assert_true(start(world, "probe") > 0);
	}
	builder_memory.close(world->builder);
	open_builder(world);
	start(world, "0-0");
	start(world, "probe");
	assert_int_equal(count_lines(world, "submit"), before);
	assert_keys_are_single(world);
}

static void ten_thousand_running_tasks_are_cheap_to_look_at(void **state)
{
	enum { TASKS = 10000, ROUNDS = 10 };
	struct world *world = *state;
	g_autofree struct submission *submissions = g_new0(struct submission, TASKS);
	g_autofree struct task_ref *refs = g_new0(struct task_ref, TASKS);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, TASKS);
	g_autoptr(GPtrArray) keys = g_ptr_array_new_with_free_func(g_free);
	gint64 begin;

	text_set(&world->component->ref, "hang");
	for (int i = 0; i < TASKS; i++) {
		g_ptr_array_add(keys, g_strdup_printf("key-%d", i));
		submissions[i] = (struct submission){ .build = world->build,
						      .component = world->component,
						      .modulemd = "",
						      .idem_key = keys->pdata[i],
						      .attempt_id = 1 };
	}
	builder_memory.submit_many(world->builder, submissions, TASKS, outcomes);
	for (int i = 0; i < TASKS; i++)
		refs[i] = (struct task_ref){ world->build, world->component, keys->pdata[i], 1,
					     outcomes[i].task_id };
	outcomes_clear(outcomes, TASKS);
	begin = g_get_monotonic_time();
	for (int i = 0; i < ROUNDS; i++) {
		builder_memory.poll_many(world->builder, refs, TASKS, outcomes);
		assert_int_equal(outcomes[TASKS - 1].task_state, TASK_OPEN);
		outcomes_clear(outcomes, TASKS);
	}
	begin = g_get_monotonic_time() - begin;
	printf("a look at %d tasks takes %" G_GINT64_FORMAT " us\n", TASKS, begin / ROUNDS);
	assert_true(begin < 2 * G_USEC_PER_SEC);
}

int main(void)
{
#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plan_is_read_from_ref_or_name),
		WORLD(each_submission_leaves_exactly_one_line),
		WORLD(a_task_ends_at_the_look_it_was_planned_for),
		WORLD(looking_at_running_tasks_writes_nothing),
		WORLD(two_openers_see_the_same_world),
		WORLD(a_line_that_its_writer_did_not_end_never_happened),
		WORLD(a_line_that_makes_no_sense_is_an_error_of_each_element),
		WORLD(a_planned_fault_happens_so_often_and_then_no_more),
		WORLD(an_answer_that_is_lost_leaves_a_task_to_recover),
		WORLD(without_a_file_it_says_which_option_is_missing),
		WORLD(a_full_disk_means_that_nothing_happened),
		WORLD(killed_writers_leave_a_readable_file_and_no_task_twice),
		WORLD(ten_thousand_running_tasks_are_cheap_to_look_at),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

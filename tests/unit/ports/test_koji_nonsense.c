/* SPDX-License-Identifier: MIT */

/*
 * One place of one of a hub's answers is nonsense: whatever it is, no task of ours gets a state
 * that it does not have, no build another name, and no task that exists is taken for none. The
 * environment's RIDA_KOJI_CASES says how many cases there are, RIDA_TEST_SEED which.
 */
#include "tests/unit/ports/koji_fake_hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strict.h"
#include "tests/unit/ports/koji_mutant.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define CASES   10000
#define ANSWERS 12 /* more than one slot gets here */
#define NVR     "aa-1.0-" FAKE_RELEASE

static const struct fake_task tasks[] = {
	{ .id = 101, .component = "aa", .key = "key-101", .state = TASK_FREE },
	{ .id = 102, .component = "aa", .key = "key-102", .state = TASK_OPEN },
	{ .id = 103, .component = "aa", .key = "key-103", .state = TASK_ASSIGNED },
	{ .id = 104, .component = "aa", .key = "key-104", .state = TASK_CLOSED, .builds = 1 },
	{ .id = 105, .component = "aa", .key = "key-105", .state = TASK_FAILED },
	{ .id = 106, .component = "aa", .key = "key-106", .state = TASK_CANCELED },
};

static uint64_t seed;
static uint64_t wanted; /* the answer that becomes nonsense */
static bool keeps_list; /* a list of tasks loses none: nobody could tell */
static struct json_object *shown;

static bool has_all(struct json_object *list)
{
	return json_object_is_type(list, json_type_array) &&
	       json_object_array_length(list) >= G_N_ELEMENTS(tasks);
}

static struct json_object *spoil(const char *method, struct json_object *answer)
{
	struct json_object *copy = NULL;

	if (wanted-- != 0)
		return answer;
	do {
		json_object_put(copy);
		copy = NULL;
		json_object_deep_copy(answer, &copy, NULL);
		copy = mutant(copy, &seed);
	} while (keeps_list && strcmp(method, "listTasks") == 0 &&
		 json_object_is_type(copy, json_type_array) && !has_all(copy));
	json_object_put(answer);
	json_object_put(shown);
	shown = json_object_get(copy);
	return copy;
}

/* What the test says when it fails. */
static void blame(uint64_t number, const struct fake_task *task, const struct outcome *outcome)
{
	fail_msg("case %" G_GUINT64_FORMAT ": task %" G_GINT64_FORMAT
		 " is %s, and is taken for %s (%s) after %s",
		 number, task->id, task_state_name((enum task_state)task->state),
		 outcome->is_known ? task_state_name(outcome->task_state) : "none",
		 outcome->nvr ? outcome->nvr : "-",
		 shown ? json_object_to_json_string(shown) : "no nonsense");
}

/* A task that has ended may seem to run for a while; one that runs never seems to have ended. */
static bool is_true(const struct fake_task *task, const struct outcome *outcome)
{
	if (outcome->error)
		return !outcome->is_known;
	if (outcome->is_lost)
		return false;
	if (!outcome->is_known || task_state_is_active(outcome->task_state))
		return !outcome->nvr;
	return (int)outcome->task_state == task->state &&
	       (task->state == TASK_CLOSED ? g_strcmp0(outcome->nvr, NVR) == 0 : !outcome->nvr);
}

static uint64_t wanted_number(const char *variable, uint64_t fallback)
{
	const char *text = g_getenv(variable);

	if (text && !strict_u64(text, 1, G_MAXUINT32, &fallback, NULL))
		fail_msg("%s is no number", variable);
	return fallback;
}

static uint64_t cases(void)
{
	return wanted_number("RIDA_KOJI_CASES", CASES);
}

/* The first case that is taken for something else ends the test. */
static void tell(void)
{
	printf("K02-slots %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT " 0\n", cases() / 2,
	       cases() / 2);
}

/* One case; the tasks are as they were before. Another seed has none of this one's cases. */
static void begin(uint64_t number)
{
	seed = ((wanted_number("RIDA_TEST_SEED", 1) - 1) * cases() + number) * 2654435761u + 1;
	mutant_random(&seed, 2);
	wanted = mutant_random(&seed, ANSWERS);
	memcpy(fake_hub.tasks, tasks, sizeof tasks);
	json_object_put(shown);
	shown = NULL;
}

static void use_hub(struct fake_task *room)
{
	fake_hub.tasks = room;
	fake_hub.count = G_N_ELEMENTS(tasks);
	fake_filter = spoil;
}

static void nonsense_changes_no_state(void **state)
{
	struct fake_task room[G_N_ELEMENTS(tasks)];
	struct task_ref refs[G_N_ELEMENTS(tasks)];

	use_hub(room);
	keeps_list = false;
	for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++)
		refs[i] = (struct task_ref){ .build = fake_build,
					     .component = fake_component(0),
					     .idem_key = tasks[i].key,
					     .task_id = (uint64_t)tasks[i].id };
	for (uint64_t number = 0; number < cases() / 2; number++) {
		struct outcome outcomes[G_N_ELEMENTS(tasks)] = { 0 };

		begin(number);
		builder_koji.poll_many(*state, refs, G_N_ELEMENTS(tasks), outcomes);
		for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++)
			if (!is_true(&tasks[i], &outcomes[i]))
				blame(number, &tasks[i], &outcomes[i]);
		outcomes_clear(outcomes, G_N_ELEMENTS(tasks));
	}
	json_object_put(shown);
	shown = NULL;
	tell();
}

static void nonsense_makes_no_second_task(void **state)
{
	struct fake_task room[G_N_ELEMENTS(tasks)];
	struct submission submissions[G_N_ELEMENTS(tasks)];

	use_hub(room);
	keeps_list = true;
	for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++)
		submissions[i] = (struct submission){ .build = fake_build,
						      .component = fake_component(0),
						      .idem_key = tasks[i].key,
						      .session_id = 3,
						      .sent_at = G_USEC_PER_SEC,
						      .now = 2 * G_USEC_PER_SEC };
	for (uint64_t number = 0; number < cases() / 2; number++) {
		struct outcome outcomes[G_N_ELEMENTS(tasks)] = { 0 };

		begin(number);
		builder_koji.recover_many(*state, submissions, G_N_ELEMENTS(tasks), outcomes);
		for (size_t i = 0; i < G_N_ELEMENTS(tasks); i++)
			if (!is_true(&tasks[i], &outcomes[i]) ||
			    (!outcomes[i].error && (!outcomes[i].is_known ||
						    outcomes[i].task_id != (uint64_t)tasks[i].id)))
				blame(number, &tasks[i], &outcomes[i]);
		outcomes_clear(outcomes, G_N_ELEMENTS(tasks));
	}
	assert_int_equal(fake_hub.canceled, 0);
	json_object_put(shown);
	shown = NULL;
	tell();
}

static void nonsense_makes_no_other_build_ours(void **state)
{
	const struct submission submission = { .build = fake_build,
					       .component = fake_component(2),
					       .idem_key = "lost",
					       .session_id = 3,
					       .sent_at = G_USEC_PER_SEC,
					       .now = 2 * G_USEC_PER_SEC };
	uint64_t found = 0;
	struct fake_task room[G_N_ELEMENTS(tasks)];

	use_hub(room);
	keeps_list = false;
	fake_hub.lonely = "cc";
	for (uint64_t number = 0; number < cases() / 10; number++) {
		struct outcome outcome = { 0 };

		begin(number);
		builder_koji.recover_many(*state, &submission, 1, &outcome);
		if (outcome.is_known && (outcome.error || outcome.task_state != TASK_CLOSED ||
					 g_strcmp0(outcome.nvr, "cc-1.0-" FAKE_RELEASE) != 0))
			blame(number, &tasks[3], &outcome);
		found += outcome.is_known;
		outcomes_clear(&outcome, 1);
	}
	assert_true(found > cases() / 20);
	json_object_put(shown);
	shown = NULL;
}

int main(void)
{
	const struct CMUnitTest tests_of_nonsense[] = {
		cmocka_unit_test_setup_teardown(nonsense_changes_no_state, fake_set_up,
						fake_tear_down),
		cmocka_unit_test_setup_teardown(nonsense_makes_no_second_task, fake_set_up,
						fake_tear_down),
		cmocka_unit_test_setup_teardown(nonsense_makes_no_other_build_ours, fake_set_up,
						fake_tear_down),
	};
	return cmocka_run_group_tests(tests_of_nonsense, NULL, NULL);
}

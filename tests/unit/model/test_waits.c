/* SPDX-License-Identifier: MIT */
#include "model/waits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* What may be said of a situation, written down independently of the table. */
static bool may_say(const struct situation *now, enum wait wait)
{
	const struct rule *rule = machine_decide(now);
	const bool has_ended = now->state == BUILD_FAILED || now->state == BUILD_READY ||
			       now->state == BUILD_GARBAGE;

	switch (wait) {
	case WAIT_TURN:
		return rule && rule_is_move(rule);
	case WAIT_NOTHING:
		return !rule && has_ended;
	case WAIT_GATE:
		return now->state == BUILD_DONE && !now->gate_is_open;
	case WAIT_TASKS:
		return now->state == BUILD_BUILD && now->tasks_alive && !now->components_startable;
	case WAIT_TASKS_AND_SLOT:
		return now->state == BUILD_BUILD && now->tasks_alive && !now->slot_is_free &&
		       now->components_startable;
	case WAIT_SLOT:
		return (now->state == BUILD_WAIT && !now->slot_is_free) ||
		       (now->state == BUILD_BUILD && now->components_startable &&
			(rule || (!now->slot_is_free && !now->tasks_alive)));
	case WAIT_REPO:
		return now->state == BUILD_BUILD &&
		       (rule ? now->repo_outdated
			     : !now->all_built && !now->tasks_alive && !now->components_startable);
	case WAIT_VERIFICATION:
		return now->state == BUILD_INIT && now->verification_open;
	case WAIT_RECOVERY:
		return now->state == BUILD_BUILD && now->intents_orphaned;
	case WAIT_BUILDROOT:
		return now->state == BUILD_BUILD && now->buildroot_missing;
	case WAIT_TAGS:
		return now->state == BUILD_BUILD && now->untagged;
	case WAIT_PUBLISHING:
		return now->state == BUILD_BUILD && now->all_built && !now->is_finished;
	case WAIT_CANCELING:
		return now->state == BUILD_FAILED && now->tasks_alive;
	case WAIT_CLEANING:
		return has_ended && now->buildroot_left;
	case WAIT_DISCARDING:
		return has_ended && now->artifacts_left;
	case WAIT_UNSEEN:
	case WAIT_OUTAGE:
	case WAIT_RETRY:
	case WAIT_OPERATOR:
	case WAIT__COUNT:
		break;
	}
	return false; /* facts do not tell these */
}

static void every_situation_has_words_that_are_true(void **state)
{
	const uint32_t combinations = UINT32_C(1) << situation_facts_count;
	uint64_t said[WAIT__COUNT] = { 0 };
	struct situation now = { 0 };

	(void)state;
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		now.state = (enum build_state)i;
		for (uint32_t bits = 0; bits < combinations; bits++) {
			/* Only the facts that differ from the last combination change. */
			const uint32_t changed = bits ? bits ^ (bits - 1) : combinations - 1;
			enum wait wait;

			for (size_t fact = 0; changed >> fact; fact++)
				situation_set(&now, fact, bits >> fact & 1);
			wait = machine_wait(&now);
			if (!may_say(&now, wait))
				fail_msg("state %s, facts %x: %s", build_states[i].name, bits,
					 wait_name(wait));
			said[wait]++;
		}
	}
	for (int i = WAIT_VERIFICATION; i < WAIT__COUNT; i++)
		if (!said[i] && i != WAIT_OUTAGE && i != WAIT_RETRY && i != WAIT_OPERATOR)
			fail_msg("%s is never said", wait_name((enum wait)i));
}

static void numbers_are_kept(void **state)
{
	static const char *const names[] = {
		"unseen",    "verification", "slot",       "tasks",    "tasks-and-slot",
		"recovery",  "buildroot",    "tags",       "repo",     "publishing",
		"gate",      "outage",       "retry",      "operator", "turn",
		"canceling", "cleaning",     "discarding", "nothing",
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		assert_string_equal(wait_name((enum wait)i), names[i]);
	assert_true(G_N_ELEMENTS(names) <= WAIT__COUNT);
}

static void what_was_recorded_is_read_with_care(void **state)
{
	(void)state;
	assert_int_equal(wait_of(WAIT_GATE, false), WAIT_GATE);
	assert_int_equal(wait_of(WAIT_GATE, true), WAIT_OPERATOR);
	assert_int_equal(wait_of(0, true), WAIT_OPERATOR);
	assert_int_equal(wait_of(0, false), WAIT_UNSEEN);
	assert_int_equal(wait_of(-1, false), WAIT_UNSEEN);
	assert_int_equal(wait_of(WAIT__COUNT, false), WAIT_UNSEEN);
	assert_int_equal(wait_of(255, false), WAIT_UNSEEN);
}

static void words_are_sentences_and_tell_the_limit(void **state)
{
	(void)state;
	for (int i = 0; i < WAIT__COUNT; i++) {
		g_autofree char *words = wait_words((enum wait)i, 17);
		const bool tells_limit = i == WAIT_SLOT || i == WAIT_TASKS_AND_SLOT;

		assert_true(g_ascii_isupper(words[0]) && g_str_has_suffix(words, "."));
		assert_int_equal(strstr(words, "(17)") != NULL, tells_limit);
		assert_null(strchr(words, '{'));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_situation_has_words_that_are_true),
		cmocka_unit_test(numbers_are_kept),
		cmocka_unit_test(what_was_recorded_is_read_with_care),
		cmocka_unit_test(words_are_sentences_and_tell_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

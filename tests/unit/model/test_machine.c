/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/machine.h"

/* Calls the function for every state with every combination of facts. */
typedef void cell_fn(const struct situation *now, const struct rule *rule, void *data);

static void for_every_cell(cell_fn *function, void *data)
{
	const uint32_t combinations = UINT32_C(1) << situation_facts_count;
	struct situation now = { 0 };

	for (int state = 0; state < BUILD_STATE__COUNT; state++) {
		now.state = (enum build_state)state;
		for (uint32_t bits = 0; bits < combinations; bits++) {
			/* Only the facts that differ from the last combination change. */
			const uint32_t changed = bits ? bits ^ (bits - 1) : combinations - 1;

			for (size_t fact = 0; changed >> fact; fact++)
				situation_set(&now, fact, bits >> fact & 1);
			function(&now, machine_decide(&now), data);
		}
	}
}

/* What may be waited for without doing anything, written down independently of the table. */
static bool may_wait(const struct situation *now)
{
	const bool is_asked_to_end = now->cancel_requested || now->is_overdue;

	switch (now->state) {
	case BUILD_INIT:
		return false;
	case BUILD_WAIT:
		return !is_asked_to_end && !now->slot_is_free;
	case BUILD_BUILD:
		return !is_asked_to_end && !now->step_refused && !now->intents_orphaned &&
		       !now->batch_failed && !now->buildroot_missing && !now->untagged &&
		       !now->repo_outdated && !now->all_built &&
		       !(now->components_startable && now->slot_is_free);
	case BUILD_DONE:
		return !now->gate_is_open;
	case BUILD_FAILED:
		return !now->tasks_alive && !now->buildroot_left && !now->resume_requested &&
		       !now->is_overdue;
	case BUILD_READY:
		return !now->retire_requested && !now->buildroot_left;
	case BUILD_GARBAGE:
		return !now->artifacts_left;
	case BUILD_STATE__COUNT:
		break;
	}
	return true;
}

static void check_wait(const struct situation *now, const struct rule *rule,
		       void *data G_GNUC_UNUSED)
{
	if (may_wait(now) != !rule)
		fail_msg("in %s the machine %s", build_states[now->state].name,
			 rule ? rule->guard : "waits although there is something to do");
}

static void a_build_waits_only_where_there_is_nothing_to_do(void **state G_GNUC_UNUSED)
{
	for_every_cell(check_wait, NULL);
}

static void check_cancel(const struct situation *now, const struct rule *rule,
			 void *data G_GNUC_UNUSED)
{
	if (!now->cancel_requested || now->state > BUILD_BUILD)
		return;
	assert_non_null(rule);
	assert_int_equal(rule->next, BUILD_FAILED);
	assert_int_equal(rule->cause, CAUSE_CANCELED);
}

static void a_cancelled_build_fails_whatever_else_is_the_case(void **state G_GNUC_UNUSED)
{
	for_every_cell(check_cancel, NULL);
}

static void check_moves(const struct situation *now, const struct rule *rule,
			void *data G_GNUC_UNUSED)
{
	static const unsigned legal[BUILD_STATE__COUNT] = {
		[BUILD_INIT] = 1u << BUILD_WAIT | 1u << BUILD_FAILED,
		[BUILD_WAIT] = 1u << BUILD_BUILD | 1u << BUILD_FAILED,
		[BUILD_BUILD] = 1u << BUILD_DONE | 1u << BUILD_FAILED,
		[BUILD_DONE] = 1u << BUILD_READY,
		[BUILD_FAILED] = 1u << BUILD_INIT | 1u << BUILD_WAIT | 1u << BUILD_GARBAGE,
		[BUILD_READY] = 1u << BUILD_GARBAGE,
	};

	if (!rule)
		return;
	assert_int_equal(rule->state, now->state);
	if (!rule_is_move(rule))
		return;
	assert_true(legal[now->state] & 1u << rule->next);
	if (now->state == BUILD_FAILED)
		assert_false(now->tasks_alive || now->buildroot_left);
	if (rule->next == BUILD_DONE)
		assert_true(now->all_built && now->is_finished);
	if (now->state == BUILD_INIT && rule->next == BUILD_WAIT)
		assert_false(now->verification_open || now->verification_bad);
	if (now->state == BUILD_FAILED && rule->next == BUILD_GARBAGE)
		assert_false(now->artifacts_left);
}

static void moves_follow_the_legal_edges(void **state G_GNUC_UNUSED)
{
	for_every_cell(check_moves, NULL);
}

static void check_steps(const struct situation *now, const struct rule *rule,
			void *data G_GNUC_UNUSED)
{
	const enum step step = rule ? rule->step : STEP_NONE;

	if (step == STEP_START) {
		assert_true(now->slot_is_free && now->components_startable);
		assert_false(now->buildroot_missing || now->untagged || now->repo_outdated ||
			     now->intents_orphaned || now->batch_failed || now->step_refused);
	}
	if (step == STEP_FINISH)
		assert_true(now->all_built && !now->is_finished);
	if (step == STEP_DISCARD && now->state == BUILD_FAILED)
		assert_false(now->tasks_alive || now->buildroot_left || now->resume_requested);
	if (step)
		assert_true(now->state == BUILD_INIT || now->state == BUILD_BUILD ||
			    now->state == BUILD_FAILED || now->state == BUILD_READY ||
			    now->state == BUILD_GARBAGE);
	if (now->state == BUILD_READY)
		assert_true(step == STEP_NONE || step == STEP_CLEAN);
	if (now->state == BUILD_GARBAGE)
		assert_true(step == STEP_NONE || step == STEP_DISCARD);
}

static void steps_are_taken_only_where_they_are_safe(void **state G_GNUC_UNUSED)
{
	for_every_cell(check_steps, NULL);
}

static void note_rule(const struct situation *now G_GNUC_UNUSED, const struct rule *rule,
		      void *data)
{
	if (rule)
		((bool *)data)[rule - machine_rules] = true;
}

static void every_rule_is_reached_and_moves_or_acts(void **state G_GNUC_UNUSED)
{
	g_autofree bool *is_reached = g_new0(bool, machine_rules_count);

	for_every_cell(note_rule, is_reached);
	for (size_t i = 0; i < machine_rules_count; i++) {
		const struct rule *rule = &machine_rules[i];

		if (!is_reached[i])
			fail_msg("the rule %s of %s is never used", rule->guard,
				 build_states[rule->state].name);
		assert_true(rule_is_move(rule) != (rule->step != STEP_NONE));
	}
}

static void the_first_rules_of_a_running_build_are_to_cancel(void **state G_GNUC_UNUSED)
{
	bool is_seen[BUILD_STATE__COUNT] = { false };

	for (size_t i = 0; i < machine_rules_count; i++) {
		const struct rule *rule = &machine_rules[i];

		if (rule->state <= BUILD_BUILD && !is_seen[rule->state])
			assert_int_equal(rule->cause, CAUSE_CANCELED);
		is_seen[rule->state] = true;
	}
}

static void reasons_name_who_and_what(void **state G_GNUC_UNUSED)
{
	static const struct {
		enum cause cause;
		const char *expected;
		enum failure_type failure_type;
	} cases[] = {
		{ CAUSE_CANCELED, "Canceled by ann.", FAILURE_UNSPEC },
		{ CAUSE_RESUMED, "Resumed by ann.", FAILURE_NONE },
		{ CAUSE_RETIRED, "Retired by ann.", FAILURE_NONE },
		{ CAUSE_STUCK, "The build stayed in state build for too long.", FAILURE_USER },
		{ CAUSE_BATCH, "Component(s) bash, zsh failed to build.", FAILURE_USER },
		{ CAUSE_REFUSED, "no such target", FAILURE_INFRA },
		{ CAUSE_STALE, "The artifacts of the failed build were removed.", FAILURE_NONE },
		{ CAUSE_PROGRESS, NULL, FAILURE_NONE },
	};
	static const struct {
		const char *name;
		enum component_state state;
	} components[] = { { "bash", COMPONENT_FAILED },
			   { "make", COMPONENT_COMPLETE },
			   { "zsh", COMPONENT_CANCELED } };
	g_autoptr(Build) build = build_new();

	build->state = BUILD_BUILD;
	if (!build->components)
		build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	for (size_t i = 0; i < G_N_ELEMENTS(components); i++) {
		struct component *component = component_new(components[i].name);

		component->state = components[i].state;
		g_ptr_array_add(build->components, component);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *reason =
			cause_reason(cases[i].cause, build, "ann", "no such target");

		if (g_strcmp0(reason, cases[i].expected) != 0)
			fail_msg("%s instead of %s", reason, cases[i].expected);
		assert_int_equal(cause_failure_type(cases[i].cause), cases[i].failure_type);
	}
}

static void the_printed_machine_has_a_line_for_each_rule(void **state G_GNUC_UNUSED)
{
	g_autofree char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);
	const char *place;

	machine_print(out);
	fclose(out);
	place = text;
	for (size_t i = 0; i < machine_rules_count; i++) {
		place = strstr(place, machine_rules[i].guard);
		assert_non_null(place);
	}
	assert_non_null(strstr(text, "digraph machine {"));
}

/* One of all the ways that a component can be in a batch. */
#define COMPONENT_WAYS 32
static void component_vary(struct component *component, unsigned way)
{
	static const enum component_state states[] = { COMPONENT_WAITING, COMPONENT_BUILDING,
						       COMPONENT_COMPLETE, COMPONENT_FAILED };

	component->state = states[way & 3];
	component->batch = way & 4 ? 2 : 1;
	component->tagged = way & 8;
	component->task_id = way & 16 ? 1 : 0;
}

/* Whether the situation of the build stays when only what is being built is known of it. */
static void check_partial(struct build *build)
{
	g_autoptr(GPtrArray) running = g_ptr_array_new();
	GPtrArray *const all = build->components;

	for (guint i = 0; i < all->len; i++)
		if (((struct component *)all->pdata[i])->state == COMPONENT_BUILDING)
			g_ptr_array_add(running, all->pdata[i]);
	for (int slots = 0; slots < 2; slots++) {
		const struct surroundings surroundings = { .slot_is_free = slots };
		const struct situation whole = situation_of(build, &surroundings);
		struct situation partial;

		build->components = running;
		partial = situation_of(build, &surroundings);
		build->components = all;
		assert_memory_equal(&whole, &partial, sizeof(whole));
	}
}

static void a_settled_build_is_known_by_its_running_components(void **state G_GNUC_UNUSED)
{
	g_autoptr(Build) build = build_new();
	unsigned settled = 0;

	build->state = BUILD_BUILD;
	build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	for (int i = 0; i < 3; i++)
		g_ptr_array_add(build->components, component_new("component"));
	for (unsigned way = 0; way < COMPONENT_WAYS * COMPONENT_WAYS * COMPONENT_WAYS * 4; way++) {
		component_vary(build->components->pdata[0], way);
		component_vary(build->components->pdata[1], way / COMPONENT_WAYS);
		component_vary(build->components->pdata[2], way / COMPONENT_WAYS / COMPONENT_WAYS);
		build->is_prepared = way >> 15 & 1;
		build->repo_batch = way >> 16;
		if (!machine_is_settled(build))
			continue;
		settled++;
		check_partial(build);
	}
	assert_true(settled > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_build_waits_only_where_there_is_nothing_to_do),
		cmocka_unit_test(a_cancelled_build_fails_whatever_else_is_the_case),
		cmocka_unit_test(moves_follow_the_legal_edges),
		cmocka_unit_test(steps_are_taken_only_where_they_are_safe),
		cmocka_unit_test(every_rule_is_reached_and_moves_or_acts),
		cmocka_unit_test(the_first_rules_of_a_running_build_are_to_cancel),
		cmocka_unit_test(reasons_name_who_and_what),
		cmocka_unit_test(a_settled_build_is_known_by_its_running_components),
		cmocka_unit_test(the_printed_machine_has_a_line_for_each_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

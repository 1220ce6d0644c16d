/* SPDX-License-Identifier: MIT */
#include "contract/builder_contract.h"

#include <string.h>

#include "base/error.h"
#include "model/names.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

struct contract {
	const struct builder_fixture *fixture;
	struct builder_world world;
	struct builder *builder;
	char *reservation; /* what finishing asked to be kept */
};

/* Which backend the running group is about. */
static const struct builder_fixture *current;

static void add_component(struct build *build, uint64_t id, const char *name)
{
	struct component *component = component_new(name);

	component->id = id;
	component->build_id = build->id;
	component->batch = 2;
	component->attempt = 1;
	text_set(&component->arches, "");
	text_set(&component->repository, "");
	text_set(&component->ref, name);
	text_set(&component->commit, "");
	g_ptr_array_add(build->components, component);
}

struct build *contract_build_new(void)
{
	struct build *build = build_new();

	build->id = 42;
	build->uuid = g_uuid_string_random();
	build->state = BUILD_BUILD;
	build->version = 20260101000000;
	build->epoch = 1;
	build->batch = 2;
	text_set(&build->name, "contract");
	text_set(&build->stream, "master");
	text_set(&build->context, "00000000");
	text_set(&build->dist, ".module+42+0123abcd");
	build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	add_component(build, 1, "bad");
	add_component(build, 2, "good");
	add_component(build, 3, "long");
	return build;
}

static void open_builder(struct contract *contract)
{
	g_autoptr(GError) error = NULL;

	if (!contract->world.ops->open(&contract->world.options, &contract->builder, &error))
		fail_msg("open: %s", error->message);
}

static void reopen_builder(struct contract *contract)
{
	contract->world.ops->close(contract->builder);
	open_builder(contract);
}

static int set_up(void **state)
{
	struct contract *contract = g_new0(struct contract, 1);

	contract->fixture = current;
	contract->world.ops = current->ops;
	contract->world.folder = g_dir_make_tmp("rida-contract.XXXXXX", NULL);
	current->set_up(&contract->world);
	open_builder(contract);
	*state = contract;
	return 0;
}

static int tear_down(void **state)
{
	struct contract *contract = *state;
	g_autofree char *folder = contract->world.folder;
	const char *argv[] = { "rm", "-rf", folder, NULL };

	contract->world.ops->close(contract->builder);
	current->tear_down(&contract->world);
	build_free(contract->world.build);
	g_free(contract->world.modulemd);
	g_free(contract->reservation);
	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
		     NULL, NULL, NULL);
	g_free(contract);
	return 0;
}

/* One attempt at a component, as the scheduler names it. */
struct attempt {
	struct submission submission;
	struct task_ref ref;
	char *key;
};

static void attempt_init(struct attempt *attempt, const struct contract *contract, const char *name,
			 uint64_t id)
{
	const struct build *build = contract->world.build;
	const struct component *component = build_component(build, name);

	attempt->key = idempotency_key(build->uuid, name, "submit", (uint32_t)id);
	attempt->submission = (struct submission){ .build = build,
						   .component = component,
						   .modulemd = contract->world.modulemd,
						   .idem_key = attempt->key,
						   .attempt_id = id };
	attempt->ref = (struct task_ref){ build, component, attempt->key, id, 0 };
}

static void assert_worked(const struct outcome *outcome, const char *what)
{
	if (outcome->error)
		fail_msg("%s: %s", what, outcome->error->message);
}

typedef void want_slot(struct builder *builder, const struct build_want *wants, size_t count,
		       struct outcome *outcomes);

/* Calls a slot that is about the whole build. */
static void call(struct contract *contract, want_slot *slot, const char *kind, struct outcome *ret)
{
	const struct build *build = contract->world.build;
	g_autofree char *key = idempotency_key(build->uuid, NULL, kind, 1);
	struct build_want want = { .build = build,
				   .modulemd = contract->world.modulemd,
				   .idem_key = key,
				   .reservation = contract->reservation };

	slot(contract->builder, &want, 1, ret);
	assert_worked(ret, kind);
	if (ret->reservation)
		text_set(&contract->reservation, ret->reservation);
}

static void call_twice(struct contract *contract, want_slot *slot, const char *kind)
{
	for (int i = 0; i < 2; i++) {
		struct outcome outcome = { 0 };

		call(contract, slot, kind, &outcome);
		outcomes_clear(&outcome, 1);
	}
}

static void start(struct contract *contract, struct attempt *attempt, const char *name, uint64_t id)
{
	struct outcome outcome = { 0 };

	attempt_init(attempt, contract, name, id);
	contract->world.ops->submit_many(contract->builder, &attempt->submission, 1, &outcome);
	assert_worked(&outcome, name);
	assert_true(outcome.task_id > 0);
	attempt->ref.task_id = outcome.task_id;
	outcomes_clear(&outcome, 1);
}

static void poll_once(struct contract *contract, const struct attempt *attempt, struct outcome *ret)
{
	contract->world.ops->poll_many(contract->builder, &attempt->ref, 1, ret);
	assert_worked(ret, "poll");
}

/* Polls until the task has ended; the last outcome is the caller's. */
static void await(struct contract *contract, const struct attempt *attempt, struct outcome *ret)
{
	gint64 until = g_get_monotonic_time() + contract->world.wait * G_USEC_PER_SEC;

	poll_once(contract, attempt, ret);
	while (task_state_is_active(ret->task_state) && g_get_monotonic_time() < until) {
		outcomes_clear(ret, 1);
		g_usleep(5000);
		poll_once(contract, attempt, ret);
	}
	assert_true(ret->is_known);
	if (task_state_is_active(ret->task_state))
		fail_msg("the task is still %s", task_state_name(ret->task_state));
}

static void prepare(struct contract *contract)
{
	call_twice(contract, contract->world.ops->prepare_many, "prepare");
}

static void a_submission_with_the_same_key_is_the_same_task(void **state)
{
	struct contract *contract = *state;
	struct attempt first, second;

	prepare(contract);
	start(contract, &first, "long", 1);
	start(contract, &second, "long", 1);
	assert_int_equal(first.ref.task_id, second.ref.task_id);
	g_free(first.key);
	g_free(second.key);
}

static void a_good_component_is_closed_with_its_nvr(void **state)
{
	struct contract *contract = *state;
	struct outcome outcome = { 0 };
	struct attempt attempt;

	prepare(contract);
	start(contract, &attempt, "good", 1);
	await(contract, &attempt, &outcome);
	assert_int_equal(outcome.task_state, TASK_CLOSED);
	assert_non_null(outcome.nvr);
	assert_true(g_str_has_prefix(outcome.nvr, "good-"));
	outcomes_clear(&outcome, 1);
	g_free(attempt.key);
}

static void a_bad_component_fails_and_says_why(void **state)
{
	struct contract *contract = *state;
	struct outcome outcome = { 0 };
	struct attempt attempt;

	prepare(contract);
	start(contract, &attempt, "bad", 1);
	await(contract, &attempt, &outcome);
	assert_int_equal(outcome.task_state, TASK_FAILED);
	assert_non_null(outcome.reason);
	if (!contract->world.has_no_logs) {
		assert_non_null(outcome.log_file);
		assert_non_null(outcome.excerpt);
		assert_true(strlen(outcome.excerpt) <= 8192);
	}
	outcomes_clear(&outcome, 1);
	g_free(attempt.key);
}

static void an_unknown_task_touches_no_other(void **state)
{
	struct contract *contract = *state;
	struct outcome outcomes[2] = { 0 };
	struct attempt known, unknown;
	struct task_ref refs[2];

	prepare(contract);
	start(contract, &known, "long", 1);
	attempt_init(&unknown, contract, "good", 999);
	unknown.ref.task_id = 999;
	refs[0] = unknown.ref;
	refs[1] = known.ref;
	contract->world.ops->poll_many(contract->builder, refs, 2, outcomes);
	assert_false(outcomes[0].is_known);
	assert_true(outcomes[1].is_known);
	assert_true(task_state_is_active(outcomes[1].task_state));
	outcomes_clear(outcomes, 2);
	g_free(known.key);
	g_free(unknown.key);
}

static void a_task_is_found_again_by_its_key(void **state)
{
	struct contract *contract = *state;
	struct outcome outcomes[2] = { 0 };
	struct attempt started, never;
	struct submission submissions[2];

	prepare(contract);
	start(contract, &started, "long", 1);
	attempt_init(&never, contract, "good", 2);
	submissions[0] = started.submission;
	submissions[1] = never.submission;
	reopen_builder(contract);
	contract->world.ops->recover_many(contract->builder, submissions, 2, outcomes);
	assert_worked(&outcomes[0], "recover");
	assert_worked(&outcomes[1], "recover");
	assert_true(outcomes[0].is_known);
	assert_int_equal(outcomes[0].task_id, started.ref.task_id);
	assert_false(outcomes[1].is_known);
	outcomes_clear(outcomes, 2);
	g_free(started.key);
	g_free(never.key);
}

static void cancel(struct contract *contract, const struct attempt *attempt)
{
	gint64 until = g_get_monotonic_time() + contract->world.wait * G_USEC_PER_SEC;
	bool is_ready;

	do {
		struct outcome outcome = { 0 };

		contract->world.ops->cancel_many(contract->builder, &attempt->ref, 1, &outcome);
		assert_worked(&outcome, "cancel");
		is_ready = outcome.is_ready;
		outcomes_clear(&outcome, 1);
		if (!is_ready)
			g_usleep(5000);
	} while (!is_ready && g_get_monotonic_time() < until);
	assert_true(is_ready);
}

static void a_cancelled_task_has_ended_and_may_be_cancelled_again(void **state)
{
	struct contract *contract = *state;
	struct outcome outcome = { 0 };
	struct attempt attempt;

	prepare(contract);
	start(contract, &attempt, "long", 1);
	cancel(contract, &attempt);
	poll_once(contract, &attempt, &outcome);
	assert_int_equal(outcome.task_state, TASK_CANCELED);
	outcomes_clear(&outcome, 1);
	cancel(contract, &attempt);
	g_free(attempt.key);
}

static void a_closed_task_stays_closed_when_it_is_cancelled(void **state)
{
	struct contract *contract = *state;
	struct outcome outcome = { 0 };
	struct attempt attempt;

	prepare(contract);
	start(contract, &attempt, "good", 1);
	await(contract, &attempt, &outcome);
	outcomes_clear(&outcome, 1);
	cancel(contract, &attempt);
	poll_once(contract, &attempt, &outcome);
	assert_int_equal(outcome.task_state, TASK_CLOSED);
	outcomes_clear(&outcome, 1);
	g_free(attempt.key);
}

/* Calls a slot until it is ready, each time in another pass: in one pass a builder need not look
 * twice. */
static void await_ready(struct contract *contract, want_slot *slot, const char *kind)
{
	gint64 until = g_get_monotonic_time() + contract->world.wait * G_USEC_PER_SEC;
	struct outcome outcome = { 0 };

	call(contract, slot, kind, &outcome);
	while (!outcome.is_ready && g_get_monotonic_time() < until) {
		outcomes_clear(&outcome, 1);
		g_usleep(5000);
		reopen_builder(contract);
		call(contract, slot, kind, &outcome);
	}
	assert_true(outcome.is_ready);
	outcomes_clear(&outcome, 1);
}

static void await_repository(struct contract *contract)
{
	struct outcome outcome = { 0 };

	call(contract, contract->world.ops->regenerate_many, "regenerate", &outcome);
	contract->world.build->repo_task_id = outcome.task_id;
	if (!outcome.is_ready)
		await_ready(contract, contract->world.ops->repo_ready_many, "repo-ready");
	outcomes_clear(&outcome, 1);
}

/* Nothing but the good component is left, so that its batch can be used once it is complete. */
static void leave_the_good_one(struct build *build)
{
	for (guint i = build->components->len; i > 0; i--)
		if (build->components->pdata[i - 1] != build_component(build, "good"))
			g_ptr_array_remove_index(build->components, i - 1);
}

/* What is to be kept before the module can be published is handed in again. */
static void finish(struct contract *contract)
{
	struct outcome outcome = { 0 };

	call(contract, contract->world.ops->finish_many, "finish", &outcome);
	if (outcome.reservation) {
		assert_false(outcome.is_ready);
		outcomes_clear(&outcome, 1);
		call(contract, contract->world.ops->finish_many, "finish", &outcome);
	}
	assert_true(outcome.is_ready);
	assert_non_null(outcome.modulemd);
	outcomes_clear(&outcome, 1);
}

static void survey(struct contract *contract, struct survey *ret)
{
	g_autoptr(GPtrArray) builds = g_ptr_array_new();
	const struct survey_wants wants = { .builds = builds };
	g_autoptr(GError) problem = NULL;

	g_ptr_array_add(builds, contract->world.build);
	survey_init(ret);
	if (!contract->world.ops->survey(contract->builder, &wants, ret, &problem))
		fail_msg("survey: %s", problem->message);
}

/* The one task of that key. */
static const struct survey_task *surveyed(const struct survey *survey, const char *key)
{
	const struct survey_task *found = NULL;

	for (guint i = 0; i < survey->tasks->len; i++) {
		const struct survey_task *task = survey->tasks->pdata[i];

		if (g_strcmp0(task->key, key) != 0)
			continue;
		assert_null(found);
		found = task;
	}
	assert_non_null(found);
	return found;
}

static void a_survey_lists_each_task_with_its_key(void **state)
{
	struct contract *contract = *state;
	struct outcome outcome = { 0 };
	struct attempt running, ended;
	g_auto(Survey) all = { 0 };

	prepare(contract);
	start(contract, &running, "long", 1);
	start(contract, &ended, "bad", 2);
	await(contract, &ended, &outcome);
	outcomes_clear(&outcome, 1);
	reopen_builder(contract);
	survey(contract, &all);
	assert_int_equal(all.tasks->len, 2);
	assert_string_equal(surveyed(&all, running.key)->component, "long");
	assert_true(task_state_is_active(surveyed(&all, running.key)->state));
	assert_string_equal(surveyed(&all, ended.key)->component, "bad");
	assert_int_equal(surveyed(&all, ended.key)->state, TASK_FAILED);
	cancel(contract, &running);
	g_free(running.key);
	g_free(ended.key);
}

/* A build system without tags knows of none. */
static void assert_tagged(struct contract *contract, const char *nvr)
{
	g_auto(Survey) all = { 0 };
	GHashTable *nvrs;

	survey(contract, &all);
	nvrs = g_hash_table_lookup(all.tagged, contract->world.build->uuid);
	assert_true(nvrs || !contract->world.ops->has_tags);
	assert_true(!nvrs || g_hash_table_contains(nvrs, nvr));
}

static void a_module_is_built_tagged_and_finished(void **state)
{
	struct contract *contract = *state;
	struct component *component = build_component(contract->world.build, "good");
	struct outcome outcome = { 0 };
	struct attempt attempt;

	leave_the_good_one(contract->world.build);
	prepare(contract);
	start(contract, &attempt, "good", 1);
	await(contract, &attempt, &outcome);
	component->state = COMPONENT_COMPLETE;
	component->task_id = attempt.ref.task_id;
	component->task_state = TASK_CLOSED;
	text_set(&component->nvr, outcome.nvr);
	outcomes_clear(&outcome, 1);
	call_twice(contract, contract->world.ops->tag_many, "tag");
	await_ready(contract, contract->world.ops->tag_many, "tag");
	component->tagged = true;
	assert_tagged(contract, component->nvr);
	await_repository(contract);
	finish(contract);
	finish(contract);
	g_free(attempt.key);
}

static void a_cleaned_and_discarded_build_leaves_no_error(void **state)
{
	struct contract *contract = *state;
	struct outcome outcome = { 0 };
	struct attempt attempt;

	prepare(contract);
	start(contract, &attempt, "bad", 1);
	await(contract, &attempt, &outcome);
	outcomes_clear(&outcome, 1);
	contract->world.build->state = BUILD_FAILED;
	call_twice(contract, contract->world.ops->clean_many, "clean");
	call_twice(contract, contract->world.ops->discard_many, "discard");
	g_free(attempt.key);
}

static void the_registry_knows_it(void **state)
{
	struct contract *contract = *state;

	assert_ptr_equal(builder_find(contract->world.ops->name, NULL), contract->world.ops);
}

int builder_contract_run(const struct builder_fixture *fixture)
{
#define CONTRACT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CONTRACT(a_submission_with_the_same_key_is_the_same_task),
		CONTRACT(a_good_component_is_closed_with_its_nvr),
		CONTRACT(a_bad_component_fails_and_says_why),
		CONTRACT(an_unknown_task_touches_no_other),
		CONTRACT(a_task_is_found_again_by_its_key),
		CONTRACT(a_survey_lists_each_task_with_its_key),
		CONTRACT(a_cancelled_task_has_ended_and_may_be_cancelled_again),
		CONTRACT(a_closed_task_stays_closed_when_it_is_cancelled),
		CONTRACT(a_module_is_built_tagged_and_finished),
		CONTRACT(a_cleaned_and_discarded_build_leaves_no_error),
		CONTRACT(the_registry_knows_it),
	};
	current = fixture;
	return cmocka_run_group_tests_name(fixture->ops->name, tests, NULL, NULL);
}

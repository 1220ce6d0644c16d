/* SPDX-License-Identifier: MIT */
#include "tests/unit/ports/koji_fake_hub.h"

#include <string.h>

#include "base/error.h"
#include "model/macros_package.h"
#include "ports/builder/koji_conflicts.h"
#include "text/rpm_name.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MANY 10000

static struct fake_task six_states[] = {
	{ .id = 101, .component = "aa", .key = "key-101", .state = TASK_FREE },
	{ .id = 102, .component = "aa", .key = "key-102", .state = TASK_OPEN },
	{ .id = 103, .component = "aa", .key = "key-103", .state = TASK_ASSIGNED },
	{ .id = 104, .component = "aa", .key = "key-104", .state = TASK_CLOSED, .builds = 1 },
	{ .id = 105, .component = "aa", .key = "key-105", .state = TASK_FAILED },
	{ .id = 106, .component = "aa", .key = "key-106", .state = TASK_CANCELED },
};

static void use_tasks(struct fake_task *tasks, size_t count)
{
	fake_hub.tasks = tasks;
	fake_hub.count = count;
}

static struct task_ref ref_of(const struct fake_task *task)
{
	return (struct task_ref){ .build = fake_build,
				  .component = fake_component(0),
				  .idem_key = task->key ? task->key : "key",
				  .task_id = (uint64_t)task->id };
}

/* Polls one task; the outcome is the caller's. */
static struct outcome poll_one(void **state, const struct fake_task *task)
{
	const struct task_ref ref = ref_of(task);
	struct outcome outcome = { 0 };

	builder_koji.poll_many(*state, &ref, 1, &outcome);
	return outcome;
}

static void assert_unsaid(struct outcome *outcome, const char *words)
{
	assert_non_null(outcome->error);
	assert_int_equal(error_code(outcome->error), RIDA_ERROR_UNAVAILABLE);
	if (!strstr(outcome->error->message, words))
		fail_msg("\"%s\" is not in: %s", words, outcome->error->message);
	assert_false(outcome->is_known);
	assert_int_equal(outcome->task_state, TASK_NONE);
	outcomes_clear(outcome, 1);
}

static void tasks_are_seen_in_every_state(void **state)
{
	struct task_ref refs[G_N_ELEMENTS(six_states)];
	struct outcome outcomes[G_N_ELEMENTS(six_states)] = { 0 };

	use_tasks(six_states, G_N_ELEMENTS(six_states));
	for (size_t i = 0; i < G_N_ELEMENTS(six_states); i++)
		refs[i] = ref_of(&six_states[i]);
	builder_koji.poll_many(*state, refs, G_N_ELEMENTS(six_states), outcomes);
	for (size_t i = 0; i < G_N_ELEMENTS(six_states); i++) {
		assert_null(outcomes[i].error);
		assert_true(outcomes[i].is_known);
		assert_int_equal(outcomes[i].task_id, six_states[i].id);
		assert_int_equal(outcomes[i].task_state, six_states[i].state);
	}
	assert_string_equal(outcomes[3].nvr, "aa-1.0-" FAKE_RELEASE);
	assert_string_equal(outcomes[4].reason, "mock exited with status 1 see root.log (task 205, "
						"buildArch for x86_64)");
	assert_non_null(outcomes[5].reason);
	assert_int_equal(fake_session_requests(), 2);
	outcomes_clear(outcomes, G_N_ELEMENTS(six_states));
}

static void a_closed_task_without_exactly_one_build_is_not_complete(void **state)
{
	struct fake_task task = { .id = 1, .component = "aa", .key = "k", .state = TASK_CLOSED };

	use_tasks(&task, 1);
	for (task.builds = 0; task.builds <= 2; task.builds += 2) {
		struct outcome outcome = poll_one(state, &task);

		assert_unsaid(&outcome, "one is wanted");
	}
}

static void a_task_of_somebody_else_says_nothing_of_ours(void **state)
{
	struct fake_task task = { .id = 1, .component = "aa", .key = "k", .state = TASK_OPEN };
	struct task_ref ref;
	struct outcome outcome;

	use_tasks(&task, 1);
	ref = ref_of(&task);
	ref.idem_key = "another";
	task.state = TASK_FAILED;
	outcome = (struct outcome){ 0 };
	builder_koji.poll_many(*state, &ref, 1, &outcome);
	assert_unsaid(&outcome, "another key");
	task.state = TASK_OPEN;
	outcome = (struct outcome){ 0 };
	builder_koji.cancel_many(*state, &ref, 1, &outcome);
	assert_unsaid(&outcome, "another key");
	assert_int_equal(fake_hub.canceled, 0);
	task.method = "newRepo";
	outcome = poll_one(state, &task);
	assert_unsaid(&outcome, "builds nothing");
}

static void a_task_does_not_come_back_from_its_end(void **state)
{
	struct fake_task task = { .id = 1, .component = "aa", .key = "k", .state = TASK_OPEN };
	struct outcome outcome;

	use_tasks(&task, 1);
	fake_component(0)->task_state = TASK_FAILED;
	outcome = poll_one(state, &task);
	assert_unsaid(&outcome, "was failed");
	fake_component(0)->task_state = TASK_ASSIGNED;
	task.state = TASK_FREE;
	outcome = poll_one(state, &task);
	assert_null(outcome.error);
	assert_int_equal(outcome.task_state, TASK_FREE);
}

static void a_task_that_is_not_there_is_unknown(void **state)
{
	const struct fake_task task = { .id = 9, .key = "k" };
	const struct fake_task huge = { .id = G_MAXINT64, .key = "k" };
	struct outcome outcome = poll_one(state, &task);

	assert_null(outcome.error);
	assert_false(outcome.is_known);
	fake_hub.fault = "getTaskInfo"; /* it is not asked about a number that it cannot read */
	outcome = poll_one(state, &huge);
	assert_null(outcome.error);
	assert_false(outcome.is_known);
}

static void ten_thousand_tasks_are_ten_requests(void **state)
{
	g_autofree struct fake_task *tasks = g_new0(struct fake_task, 1);
	g_autofree struct task_ref *refs = g_new0(struct task_ref, MANY);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, MANY);

	tasks[0] = six_states[1];
	use_tasks(tasks, 1);
	for (size_t i = 0; i < MANY; i++)
		refs[i] = ref_of(&tasks[0]);
	builder_koji.poll_many(*state, refs, MANY, outcomes);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(outcomes[i].task_state, TASK_OPEN);
	assert_int_equal(fake_session_requests(), MANY / 1000);
	outcomes_clear(outcomes, MANY);
}

/* ---- submitting -------------------------------------------------------------------------- */

static struct submission submission_of(guint i, const char *key)
{
	return (struct submission){ .build = fake_build,
				    .component = fake_component(i),
				    .idem_key = key,
				    .attempt_id = i + 1 };
}

static void a_batch_is_one_request_and_the_same_key_one_task(void **state)
{
	const struct submission submissions[] = { submission_of(0, "k0"), submission_of(1, "k1"),
						  submission_of(2, "k2") };
	struct outcome outcomes[3] = { 0 }, again[3] = { 0 };

	builder_koji.submit_many(*state, submissions, 3, outcomes);
	assert_int_equal(fake_session_requests(), 1);
	assert_int_equal(fake_hub.built, 3);
	builder_koji.submit_many(*state, submissions, 3, again);
	assert_int_equal(fake_hub.built, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_null(outcomes[i].error);
		assert_int_equal(outcomes[i].task_state, TASK_FREE);
		assert_int_equal(outcomes[i].task_id, again[i].task_id);
	}
	outcomes_clear(outcomes, 3);
	outcomes_clear(again, 3);
}

static void a_submission_says_whose_it_is(void **state)
{
	const struct submission submission = submission_of(2, "k2");
	struct outcome outcome = { 0 };
	const char *said;

	builder_koji.submit_many(*state, &submission, 1, &outcome);
	said = json_object_to_json_string_ext(
		fake_hub.last_build, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	assert_string_equal(
		said, "[\"git+https://example.org/rpms/cc?#45b016bc3308ed649e0065fc1188c3d7463ddc35"
		      "\",\"" FAKE_TARGET "\",{\"skip_tag\":true,\"mbs_artifact_name\":\"cc\","
		      "\"mbs_module_target\":\"" FAKE_TARGET "\",\"rida_key\":\"k2\"},"
		      "{\"__starstar\":true,\"priority\":10}]");
	outcomes_clear(&outcome, 1);
}

static void what_cannot_be_submitted_touches_no_other(void **state)
{
	const struct submission submissions[] = { submission_of(0, "k0"), submission_of(1, "k1") };
	struct outcome outcomes[2] = { 0 };

	text_set(&fake_component(0)->repository, "file:///srv/git/aa");
	builder_koji.submit_many(*state, submissions, 2, outcomes);
	assert_int_equal(error_code(outcomes[0].error), RIDA_ERROR_UNACCEPTABLE);
	assert_null(outcomes[1].error);
	assert_int_equal(fake_hub.built, 1);
	outcomes_clear(outcomes, 2);
	text_set(&fake_build->target, "f30-candidate");
	builder_koji.submit_many(*state, submissions, 1, outcomes);
	assert_int_equal(error_code(outcomes[0].error), RIDA_ERROR_FORBIDDEN);
	assert_int_equal(fake_hub.built, 1);
	outcomes_clear(outcomes, 2);
}

static void what_an_earlier_attempt_finished_is_not_built_again(void **state)
{
	const struct submission submissions[] = { submission_of(1, "k1"), submission_of(2, "k2") };
	struct outcome outcomes[2] = { 0 };

	fake_hub.lonely = "cc";
	fake_component(1)->attempt = 2;
	fake_component(2)->attempt = 2;
	builder_koji.submit_many(*state, submissions, 2, outcomes);
	assert_int_equal(outcomes[0].task_state, TASK_FREE);
	assert_int_equal(outcomes[1].task_state, TASK_CLOSED);
	assert_int_equal(outcomes[1].task_id, 900);
	assert_string_equal(outcomes[1].nvr, "cc-1.0-" FAKE_RELEASE);
	assert_int_equal(fake_hub.built, 1);
	outcomes_clear(outcomes, 2);
	fake_hub.fault = "untaggedBuilds";
	builder_koji.submit_many(*state, submissions + 1, 1, outcomes);
	assert_int_equal(error_code(outcomes[0].error), RIDA_ERROR_UNAVAILABLE);
	assert_int_equal(fake_hub.built, 1);
	outcomes_clear(outcomes, 2);
}

/* ---- what is kept out of buildroots ------------------------------------------------------ */

static GPtrArray *require_list(const char *tag, const char *filter)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)build_require_free);
	struct build_require *require = g_new0(struct build_require, 1);

	require->name = g_strdup("base");
	require->stream = g_strdup("f30");
	require->version = 1;
	require->context = g_strdup("00000000");
	require->tag = g_strdup(tag);
	require->filter = g_strdup(filter);
	g_ptr_array_add(list, require);
	return list;
}

static void filtered_packages_are_read_once_a_tag(void **state)
{
	g_autoptr(GPtrArray) one = require_list("module-base", "secret heavy absent");
	g_autoptr(GPtrArray) same = require_list("module-base", "secret");
	g_autoptr(GPtrArray) none = require_list("module-other", "");
	const GPtrArray *const lists[] = { one, same, none, NULL };
	g_autoptr(KojiContents) contents =
		koji_contents_new(koji_of(*state), lists, G_N_ELEMENTS(lists));
	struct outcome outcome = { 0 };
	g_autoptr(GArray) found = koji_conflicts(contents, one, &outcome);
	const struct macros_conflicts *conflicts =
		&g_array_index(found, struct macros_conflicts, 0);

	assert_int_equal(fake_hub.lists, 1);
	assert_int_equal(found->len, 1);
	assert_string_equal(conflicts->module, "base:f30:1:00000000");
	assert_int_equal(conflicts->rpms->len, 2);
	assert_int_equal(((struct rpm_name *)conflicts->rpms->pdata[1])->epoch, 3);
}

static struct json_object *without_version(const char *method, struct json_object *answer)
{
	if (strcmp(method, "listTaggedRPMS") == 0)
		json_object_object_del(
			json_object_array_get_idx(json_object_array_get_idx(answer, 0), 1),
			"version");
	return answer;
}

static void a_filtered_package_without_a_version_stops_the_macros(void **state)
{
	g_autoptr(GPtrArray) list = require_list("module-base", "secret");
	const GPtrArray *const lists[] = { list };
	struct outcome outcome = { 0 };

	fake_filter = without_version;
	for (int i = 0; i < 2; i++) {
		g_autoptr(KojiContents) contents = koji_contents_new(koji_of(*state), lists, 1);

		assert_null(koji_conflicts(contents, list, &outcome));
		assert_int_equal(error_code(outcome.error),
				 i == 0 ? RIDA_ERROR_UNAVAILABLE : RIDA_ERROR_UNACCEPTABLE);
		outcomes_clear(&outcome, 1);
		fake_hub.fault = "listTaggedRPMS";
	}
}

/* ---- recovering -------------------------------------------------------------------------- */

static struct outcome recover_one(void **state, const struct submission *submission)
{
	struct outcome outcome = { 0 };

	builder_koji.recover_many(*state, submission, 1, &outcome);
	return outcome;
}

static struct submission sent(guint i, const char *key)
{
	struct submission submission = submission_of(i, key);

	submission.session_id = 3;
	submission.now = 2000 * G_USEC_PER_SEC;
	submission.sent_at = submission.now - 60 * G_USEC_PER_SEC;
	return submission;
}

static void a_running_and_an_ended_task_are_found_by_their_keys(void **state)
{
	const struct submission submissions[] = { sent(0, "key-102"), sent(0, "key-104"),
						  sent(0, "key-105"), sent(1, "never") };
	struct outcome outcomes[4] = { 0 };

	use_tasks(six_states, G_N_ELEMENTS(six_states));
	builder_koji.recover_many(*state, submissions, 4, outcomes);
	for (size_t i = 0; i < 4; i++)
		assert_null(outcomes[i].error);
	assert_int_equal(outcomes[0].task_id, 102);
	assert_int_equal(outcomes[0].task_state, TASK_OPEN);
	assert_string_equal(outcomes[1].nvr, "aa-1.0-" FAKE_RELEASE);
	assert_int_equal(outcomes[2].task_state, TASK_FAILED);
	assert_false(outcomes[3].is_known);
	assert_int_equal(fake_session_fences(), 1);
	outcomes_clear(outcomes, 4);
}

static void the_oldest_of_several_is_adopted_and_the_others_end(void **state)
{
	struct fake_task tasks[] = {
		{ .id = 4, .component = "aa", .key = "k", .state = TASK_OPEN },
		{ .id = 1, .component = "aa", .key = "k", .state = TASK_CANCELED },
		{ .id = 3, .component = "aa", .key = "k", .state = TASK_FREE },
		{ .id = 2, .component = "aa", .key = "other", .state = TASK_FREE },
	};
	const struct submission submission = sent(0, "k");
	struct outcome outcome;

	use_tasks(tasks, G_N_ELEMENTS(tasks));
	outcome = recover_one(state, &submission);
	assert_null(outcome.error);
	assert_int_equal(outcome.task_id, 3);
	assert_int_equal(tasks[0].state, TASK_CANCELED);
	assert_int_equal(tasks[3].state, TASK_FREE);
	assert_int_equal(fake_hub.canceled, 1);
	fake_hub.fault = "cancelTask";
	tasks[0].state = TASK_OPEN;
	outcome = recover_one(state, &submission);
	assert_non_null(outcome.error);
	assert_false(outcome.is_known);
	outcomes_clear(&outcome, 1);
}

static void a_hub_without_fence_is_given_time(void **state)
{
	struct submission submission = sent(0, "never");
	struct outcome outcome;

	fake_session_can_fence(false);
	outcome = recover_one(state, &submission);
	assert_unsaid(&outcome, "until 1970-01-01T00:47:20Z");
	submission.sent_at = submission.now - 900 * G_USEC_PER_SEC;
	outcome = recover_one(state, &submission);
	assert_null(outcome.error);
	assert_false(outcome.is_known);
	submission = sent(0, "key-102");
	use_tasks(six_states, G_N_ELEMENTS(six_states));
	outcome = recover_one(state, &submission);
	assert_null(outcome.error);
	assert_int_equal(outcome.task_id, 102);
}

static void a_finished_build_without_our_key_is_found_by_its_release(void **state)
{
	const struct submission submission = sent(2, "never");
	struct outcome outcome;

	fake_hub.lonely = "cc";
	outcome = recover_one(state, &submission);
	assert_null(outcome.error);
	assert_true(outcome.is_known);
	assert_int_equal(outcome.task_id, 900);
	assert_int_equal(outcome.task_state, TASK_CLOSED);
	assert_string_equal(outcome.nvr, "cc-1.0-" FAKE_RELEASE);
	outcomes_clear(&outcome, 1);
	text_set(&fake_build->dist, ".module+f30+2+0123abcd");
	outcome = recover_one(state, &submission);
	assert_null(outcome.error);
	assert_false(outcome.is_known);
}

static void a_task_for_our_target_without_a_key_leaves_doubt(void **state)
{
	struct fake_task task = { .id = 5, .component = "aa", .state = TASK_OPEN };
	const struct submission submission = sent(0, "k");
	struct outcome outcome;

	use_tasks(&task, 1);
	outcome = recover_one(state, &submission);
	assert_unsaid(&outcome, "cannot be read");
}

static void tasks_are_looked_for_on_every_page(void **state)
{
	g_autofree struct fake_task *tasks = g_new0(struct fake_task, 2500);
	const struct submission submission = sent(0, "k");
	struct outcome outcome;

	for (int i = 0; i < 2500; i++)
		tasks[i] = (struct fake_task){ .id = i + 1, .component = "bb", .key = "x" };
	tasks[2400].key = "k";
	use_tasks(tasks, 2500);
	outcome = recover_one(state, &submission);
	assert_null(outcome.error);
	assert_int_equal(outcome.task_id, 2401);
}

static void cancelling_ends_what_is_alive_and_nothing_else(void **state)
{
	struct fake_task tasks[] = {
		{ .id = 1, .component = "aa", .key = "k", .state = TASK_OPEN },
		{ .id = 2, .component = "aa", .key = "k", .state = TASK_CLOSED },
	};
	const struct fake_task gone = { .id = 3, .key = "k" };
	const struct task_ref refs[] = { ref_of(&tasks[0]), ref_of(&tasks[1]), ref_of(&gone) };
	struct outcome outcomes[3] = { 0 };

	use_tasks(tasks, 2);
	builder_koji.cancel_many(*state, refs, 3, outcomes);
	for (size_t i = 0; i < 3; i++) {
		assert_null(outcomes[i].error);
		assert_true(outcomes[i].is_ready);
	}
	assert_int_equal(fake_hub.canceled, 1);
	assert_int_equal(tasks[0].state, TASK_CANCELED);
	assert_int_equal(tasks[1].state, TASK_CLOSED);
	outcomes_clear(outcomes, 3);
}

int main(void)
{
#define WITH_HUB(test) cmocka_unit_test_setup_teardown(test, fake_set_up, fake_tear_down)
	const struct CMUnitTest tests[] = {
		WITH_HUB(tasks_are_seen_in_every_state),
		WITH_HUB(a_closed_task_without_exactly_one_build_is_not_complete),
		WITH_HUB(a_task_of_somebody_else_says_nothing_of_ours),
		WITH_HUB(a_task_does_not_come_back_from_its_end),
		WITH_HUB(a_task_that_is_not_there_is_unknown),
		WITH_HUB(ten_thousand_tasks_are_ten_requests),
		WITH_HUB(a_batch_is_one_request_and_the_same_key_one_task),
		WITH_HUB(a_submission_says_whose_it_is),
		WITH_HUB(what_cannot_be_submitted_touches_no_other),
		WITH_HUB(what_an_earlier_attempt_finished_is_not_built_again),
		WITH_HUB(filtered_packages_are_read_once_a_tag),
		WITH_HUB(a_filtered_package_without_a_version_stops_the_macros),
		WITH_HUB(a_running_and_an_ended_task_are_found_by_their_keys),
		WITH_HUB(the_oldest_of_several_is_adopted_and_the_others_end),
		WITH_HUB(a_hub_without_fence_is_given_time),
		WITH_HUB(a_finished_build_without_our_key_is_found_by_its_release),
		WITH_HUB(a_task_for_our_target_without_a_key_leaves_doubt),
		WITH_HUB(tasks_are_looked_for_on_every_page),
		WITH_HUB(cancelling_ends_what_is_alive_and_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
/*
 * Passes over a real database with the memory builder, where a test decides what the check of
 * components finds. Run by run-flow, which starts the server.
 */
#include "tests/unit/flow/pass_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow/change.h"
#include "flow/effects.h"
#include "flow/holder.h"
#include "flow/work_notes.h"
#include "flow/record.h"
#include "store/effect_store.h"
#include "store/misc_store.h"
#include "store/request_store.h"

/* What the check finds: it stands in for the one of flow/verify.c, which wants servers. */
static struct {
	enum verify_outcome outcome;
	const char *reason;
	const char *warning;
	unsigned calls;
	const char *slow_ref; /* of a first component that takes SLOW_SECONDS */
	uint64_t cancel;      /* the build that somebody cancels while it is being checked */
	bool was_canceled;    /* before the check was over */
} found;
#define SLOW_SECONDS 4

/* Somebody cancels the build, and sees whether that has an effect before the check ends. */
static void cancel_meanwhile(void)
{
	struct db *db = fixture_open();
	g_autofree char *ask =
		g_strdup_printf("INSERT INTO requests (build_id, kind, caller, created_at) "
				"VALUES (%" G_GUINT64_FORMAT ", 1, 'bob', UTC_TIMESTAMP(6))",
				found.cancel);
	g_autofree char *look =
		g_strdup_printf("SELECT COUNT(*) FROM builds WHERE state = 4 AND id = "
				"%" G_GUINT64_FORMAT,
				found.cancel);

	fixture_run(db, ask);
	for (unsigned i = 0; i < SLOW_SECONDS * 20 && !found.was_canceled; i++) {
		g_usleep(50000);
		found.was_canceled = fixture_number(db, look) == 1;
	}
	db_close(db);
}

void verify_components(const struct config *config G_GNUC_UNUSED, const char *builder G_GNUC_UNUSED,
		       GPtrArray *components, int64_t deadline G_GNUC_UNUSED,
		       struct verify_result *ret)
{
	struct component *first = g_ptr_array_index(components, 0);

	g_atomic_int_inc(&found.calls);
	if (g_strcmp0(first->ref, found.slow_ref) == 0)
		g_usleep(SLOW_SECONDS * G_USEC_PER_SEC);
	if (found.cancel)
		cancel_meanwhile();
	g_free(first->commit);
	first->commit = g_strnfill(40, 'c');
	ret->outcome = found.outcome;
	ret->reasons = lines_of(found.reason);
	ret->warnings = lines_of(found.warning);
	ret->late = lines_of(found.outcome == VERIFY_LATE ? "git.example.com" : NULL);
}

static const char document[] = "document: modulemd\n"
			       "version: 2\n"
			       "data:\n"
			       "  summary: A module\n"
			       "  description: >-\n"
			       "    A module.\n"
			       "  license:\n"
			       "    module: [MIT]\n"
			       "  components:\n"
			       "    rpms:\n"
			       "      component-000:\n"
			       "        rationale: It is needed.\n"
			       "        ref: master\n"
			       "...\n";

static bool insert(struct db *db, void *data, GError **error)
{
	struct build *build = data;

	return change_insert(db, build, "alice", error) &&
	       modulemd_store_put(db, build->id, MODULEMD_SOURCE, document, error) &&
	       modulemd_store_put(db, build->id, MODULEMD_STORED, document, error);
}

static struct build *insert_build(struct db *db, unsigned number, enum verification verification)
{
	struct build *build = fixture_build(number, 1);
	GError *error = NULL;

	build->verification = verification;
	text_set(&((struct component *)g_ptr_array_index(build->components, 0))->ref, "ms-0");
	assert_good(db_transact(db, insert, build, &error));
	return build;
}

static char *ledger;

static struct config *config_for_test(void)
{
	struct config *config = config_new();

	text_set(&config->builder, "memory");
	text_set(&config->memory_builder_file, ledger);
	config->due_init = 0;
	config->due_local = 0;
	return config;
}

/* A build in init, one pass with what the check finds, and the build afterwards. */
static struct build *verify_once(struct db *db, unsigned number, struct pass_report *ret_report)
{
	g_autoptr(Build) build = insert_build(db, number, VERIFICATION_OPEN);
	g_autoptr(Config) config = config_for_test();

	found.calls = 0;
	*ret_report = run_pass(db, config);
	return load(db, build->id);
}

static void a_good_check_lets_the_build_go_on(void **state)
{
	struct pass_report report;
	g_autoptr(Build) build = NULL;
	g_autofree char *stored = NULL;
	GError *error = NULL;

	found.outcome = VERIFY_GOOD;
	found.reason = NULL;
	found.warning = "component-000: the spec has no description";
	build = verify_once(*state, 1, &report);
	assert_int_equal(found.calls, 1);
	assert_true(build->state > BUILD_INIT && build->state != BUILD_FAILED);
	assert_int_equal(build->verification, VERIFICATION_GOOD);
	assert_string_equal(build_component(build, "component-000")->commit,
			    "cccccccccccccccccccccccccccccccccccccccc");
	assert_good(modulemd_store_get(*state, build->id, MODULEMD_STORED, &stored, &error));
	assert_non_null(strstr(stored, "cccccccccccccccccccccccccccccccccccccccc"));
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM warnings WHERE component = "
						"'component-000'"),
			 1);
}

static void a_bad_check_fails_the_build_with_all_reasons(void **state)
{
	struct pass_report report;
	g_autoptr(Build) build = NULL;

	found.outcome = VERIFY_BAD;
	found.reason = "component-000: there is no spec file";
	found.warning = NULL;
	build = verify_once(*state, 2, &report);
	assert_int_equal(build->state, BUILD_FAILED);
	assert_int_equal(build->failure_type, FAILURE_USER);
	assert_string_equal(build->state_reason, found.reason);
	assert_int_equal(build->event_seq, 2);
}

static void a_late_check_is_done_again_and_keeps_what_it_found(void **state)
{
	struct pass_report report;
	g_autoptr(Build) build = NULL;

	found.outcome = VERIFY_LATE;
	found.reason = NULL;
	build = verify_once(*state, 3, &report);
	assert_int_equal(build->state, BUILD_INIT);
	assert_int_equal(build->verification, VERIFICATION_OPEN);
	assert_string_equal(build_component(build, "component-000")->commit,
			    "cccccccccccccccccccccccccccccccccccccccc");
	assert_int_equal(report.failed, 1);
	assert_int_equal(fixture_number(*state,
					"SELECT COUNT(*) FROM claims WHERE last_error LIKE "
					"'%git.example.com%' AND due_at > UTC_TIMESTAMP(6)"),
			 1);
}

static void a_slow_check_holds_up_no_other_build(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Build) quick = insert_build(*state, 7, VERIFICATION_OPEN);
	g_autoptr(Build) slow = insert_build(*state, 8, VERIFICATION_OPEN);
	const int64_t started = g_get_monotonic_time();
	g_autoptr(Build) after = NULL;

	config->lease = 3;
	fixture_run(*state, "UPDATE components SET ref = 'slow' ORDER BY build_id DESC LIMIT 1");
	found.outcome = VERIFY_GOOD;
	found.reason = NULL;
	found.slow_ref = "slow";
	run_pass(*state, config);
	assert_true(g_get_monotonic_time() - started >= SLOW_SECONDS * G_USEC_PER_SEC);
	after = load(*state, quick->id);
	assert_int_equal(after->state, BUILD_READY);
	g_clear_pointer(&after, build_free);
	after = load(*state, slow->id);
	assert_int_equal(after->verification, VERIFICATION_GOOD);
	assert_int_equal(fixture_number(*state, "SELECT TIMESTAMPDIFF(MICROSECOND, submitted_at, "
						"completed_at) < 3000000 FROM builds "
						"WHERE name = 'module-7'"),
			 1);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM claims WHERE lease_until IS "
						"NOT NULL OR holder <> ''"),
			 0);
	found.slow_ref = NULL;
}

static void a_build_is_cancelled_while_it_is_being_checked(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Build) build = insert_build(*state, 12, VERIFICATION_OPEN);
	g_autoptr(Build) after = NULL;

	found.outcome = VERIFY_GOOD;
	found.reason = NULL;
	found.cancel = build->id;
	run_pass(*state, config);
	found.cancel = 0;
	assert_true(found.was_canceled);
	after = load(*state, build->id);
	assert_int_equal(after->state, BUILD_FAILED);
	assert_string_equal(after->state_reason, "Canceled by bob.");
	assert_int_equal(after->verification, VERIFICATION_OPEN);
	assert_int_equal(after->event_seq, 2);
	assert_int_equal(
		fixture_number(*state, "SELECT COUNT(*) FROM requests WHERE done_at IS NULL"), 0);
}

static void a_rejected_submission_announces_both_of_its_states(void **state)
{
	g_autoptr(Build) build = fixture_build(4, 1);
	GError *error = NULL;

	build->state = BUILD_FAILED;
	build->verification = VERIFICATION_BAD;
	text_set(&build->state_reason, "there is no spec file");
	assert_good(db_transact(*state, insert, build, &error));
	assert_int_equal(build->event_seq, 2);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM outbox JOIN trace USING "
						"(build_id, seq) WHERE build_id = (SELECT MAX(id) "
						"FROM builds) AND JSON_VALUE(body, '$.state') = "
						"to_state"),
			 2);
	assert_int_equal(fixture_number(*state, "SELECT completed_at IS NOT NULL FROM builds "
						"ORDER BY id DESC LIMIT 1"),
			 1);
}

struct moving {
	struct build *build;
	struct fence fence;
};

static bool move(struct db *db, void *data, GError **error)
{
	const struct moving *moving = data;
	const struct move to_wait = { .to = BUILD_WAIT, .actor = "test" };

	return change_move(db, moving->build, &to_wait, &moving->fence, error);
}

static void a_move_without_the_claim_writes_nothing(void **state)
{
	g_autoptr(Build) build = insert_build(*state, 5, VERIFICATION_GOOD);
	const struct claim claim = fixture_claim(*state, build->id, "other 1 1 1");
	struct moving moving = { build, { "me 1 1 1", claim.token } };
	g_autoptr(Build) after = NULL;
	GError *error = NULL;

	assert_fails(db_transact(*state, move, &moving, &error), RIDA_ERROR_CONFLICT);
	after = load(*state, build->id);
	assert_int_equal(after->state, BUILD_INIT);
	assert_int_equal(after->event_seq, 1);
	fixture_run(*state, "UPDATE claims SET holder = '', lease_until = NULL, due_at = NULL");
}

static const struct pass_wants my_wants = { .holder = "me 1 1 1" };

/* A pass without an end, with what only some tests need still empty. */
static struct pass endless_pass(struct db *db, const struct config *config, GPtrArray *works,
				struct pass_report *report)
{
	return (struct pass){ .db = db,
			      .config = config,
			      .wants = &my_wants,
			      .report = report,
			      .works = works,
			      .deadline = INT64_MAX };
}

/* A pass that has claimed one build, of which somebody else has it by now. */
static void a_pass_that_lost_a_build_neither_writes_nor_acts(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test();
	g_autoptr(GPtrArray) works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
	struct pass_report report = { 0 };
	struct pass pass = endless_pass(db, config, works, &report);
	struct build *build = insert_build(db, 9, VERIFICATION_GOOD);
	const struct claim claim = fixture_claim(db, build->id, my_wants.holder);
	struct work *work = work_new(build, &claim);
	uint64_t request;
	GError *error = NULL;

	g_ptr_array_add(works, work);
	assert_good(request_store_insert(db, build->id, REQUEST_RESUME, "alice", &error));
	request = fixture_number(db, "SELECT MAX(id) FROM requests");
	pass_renew(&pass);
	assert_false(pass_is_over(&pass));

	fixture_run(db, "UPDATE claims SET holder = 'other', token = token + 1 "
			"WHERE holder = 'me 1 1 1'");
	work_end_request(work, request, "refused");
	record_work(&pass, work);
	assert_true(work->is_torn);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM requests WHERE done_at IS NULL"),
			 1);
	pass.renewed = 0;
	pass_renew(&pass);
	assert_true(pass_is_over(&pass));
	fixture_run(db, "UPDATE claims SET holder = '', lease_until = NULL, due_at = NULL");
	fixture_run(db, "DELETE FROM requests");
}

static void an_intent_that_was_not_written_is_not_ended(void **state)
{
	const struct claim claim = { 0 };
	struct pass pass = { .db = *state, .wants = &my_wants };
	struct work *work = work_new(fixture_build(11, 1), &claim);
	g_autoptr(GPtrArray) works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
	g_autoptr(GPtrArray) keys = NULL;

	g_ptr_array_add(works, work);
	work->build->id = 999999;
	assert_false(effects_intend(&pass, works, EFFECT_PREPARE, &keys));
	assert_non_null(work->error);
	work_abandon_intents(work);
	assert_int_equal(work->ended_effects->len, 0);
}

/* Builds whose tasks run for ever, and the statements of a pass that finds nothing new of them. */
static uint64_t quiet_statements(struct db *db, unsigned first, unsigned count)
{
	g_autoptr(Config) config = config_for_test();
	struct pass_report report;
	uint64_t before;

	for (unsigned i = 0; i < count; i++) {
		g_autoptr(Build) build = insert_build(db, first + i, VERIFICATION_GOOD);

		fixture_run(db, "UPDATE components SET ref = 'hang' WHERE state IS NULL");
	}
	run_pass(db, config);
	fixture_run(db, "UPDATE claims SET due_at = UTC_TIMESTAMP(6) WHERE due_at IS NOT NULL");
	before = db_statements(db);
	report = run_pass(db, config);
	assert_true(report.claimed >= count);
	assert_int_equal(report.recorded + report.performed + report.failed, 0);
	return db_statements(db) - before;
}

static void a_quiet_pass_says_as_much_of_ten_builds_as_of_a_hundred(void **state)
{
	const uint64_t of_ten = quiet_statements(*state, 100, 10);

	assert_int_equal(of_ten, quiet_statements(*state, 200, 90));
	assert_true(of_ten <= 25);
}

static void what_a_settled_build_does_next_is_done_with_all_of_it(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Build) build = fixture_build(60, 2);
	struct component *next = g_ptr_array_index(build->components, 1);
	g_autoptr(Build) after = NULL;
	g_autofree char *tasks = NULL;
	GError *error = NULL;

	build->verification = VERIFICATION_GOOD;
	text_set(&((struct component *)g_ptr_array_index(build->components, 0))->ref, "polls-4");
	text_set(&next->ref, "hang");
	next->batch = 3;
	assert_good(db_transact(*state, insert, build, &error));
	run_pass(*state, config);
	assert_int_equal(fixture_number(*state, "SELECT b.gen = c.settled_gen FROM builds b JOIN "
						"claims c ON c.build_id = b.id ORDER BY b.id DESC "
						"LIMIT 1"),
			 1);
	for (int i = 0; i < 4; i++)
		run_pass(*state, config);
	after = load(*state, build->id);
	assert_int_equal(after->batch, 3);
	tasks = build_tasks_json(after);
	assert_non_null(strstr(tasks, "/closed"));
	assert_int_equal(fixture_number(*state,
					"SELECT COUNT(*) FROM build_views WHERE tasks LIKE "
					"'%closed%' AND tasks LIKE '%/open%' AND build_id = "
					"(SELECT MAX(id) FROM builds)"),
			 1);
}

/* Three builds that are ready to start, the second of which somebody else has by now. */
static void builds_that_start_together_fail_alone(void **state)
{
	struct db *db = *state;
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Builders) builders = builders_new(config);
	g_autoptr(GPtrArray) works = g_ptr_array_new_with_free_func((GDestroyNotify)work_free);
	struct pass_report report = { 0 };
	struct pass pass = endless_pass(db, config, works, &report);
	GError *error = NULL;
	struct builder *builder = builders_get(builders, "memory", &error);

	pass.builders = builders;
	pass.renewed = g_get_monotonic_time();
	for (unsigned i = 0; i < 3; i++) {
		struct build *build = insert_build(db, 70 + i, VERIFICATION_GOOD);
		const struct claim claim =
			fixture_claim(db, build->id, i == 1 ? "other" : my_wants.holder);

		g_ptr_array_add(works, work_new(build, &claim));
	}
	perform_start(&pass, builder, works);
	for (unsigned i = 0; i < 3; i++) {
		const struct work *work = g_ptr_array_index(works, i);
		const struct component *component = g_ptr_array_index(work->build->components, 0);

		assert_int_equal(work->is_torn, i == 1);
		assert_int_equal(work->attempts->len, i != 1);
		assert_int_equal(component->task_id != 0, i != 1);
	}
	assert_int_equal(report.performed, 2);
	assert_int_equal(report.recorded, 2);
	fixture_run(db, "UPDATE claims SET holder = '', lease_until = NULL, due_at = NULL");
}

static void a_build_without_components_becomes_ready(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Build) build = fixture_build(10, 0);
	g_autoptr(Build) after = NULL;
	GError *error = NULL;

	build->verification = VERIFICATION_GOOD;
	assert_good(db_transact(*state, insert, build, &error));
	run_pass(*state, config);
	after = load(*state, build->id);
	assert_int_equal(after->state, BUILD_READY);
}

static void a_stopped_pass_gives_its_builds_back(void **state)
{
	const volatile sig_atomic_t stop = 1;
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Build) build = insert_build(*state, 6, VERIFICATION_GOOD);
	const struct pass_wants wants = { .holder = "me 1 1 1", .stop = &stop };
	struct pass_report report;
	GError *error = NULL;

	assert_good(pass_run(*state, config, &wants, &report, &error));
	assert_true(report.claimed > 0);
	assert_int_equal(report.moved, 0);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM claims WHERE lease_until IS "
						"NOT NULL OR holder <> ''"),
			 0);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM claims WHERE build_id = "
						"(SELECT MAX(id) FROM builds) AND due_at <= "
						"UTC_TIMESTAMP(6)"),
			 1);
}

static void a_holder_is_gone_only_when_that_is_certain(void **state G_GNUC_UNUSED)
{
	g_autofree char *self = holder_self();
	g_auto(GStrv) parts = g_strsplit(self, " ", 0);
	const struct {
		const char *host, *boot, *pid, *start;
		bool is_gone;
	} cases[] = {
		{ parts[0], parts[1], parts[2], parts[3], false },
		{ parts[0], parts[1], parts[2], "1", true },
		{ parts[0], parts[1], "4194305", parts[3], true },
		{ parts[0], "another-boot/pid:[1]", parts[2], parts[3], true },
		{ "another-host", parts[1], "4194305", parts[3], false },
		{ parts[0], parts[1], "nonsense", parts[3], false },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *other = g_strdup_printf(
			"%s %s %s %s", cases[i].host, cases[i].boot, cases[i].pid, cases[i].start);

		if (holder_is_gone(other, self) != cases[i].is_gone)
			_fail(other, 0);
	}
	assert_false(holder_is_gone("", self));
}

int main(int argc G_GNUC_UNUSED, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_check_lets_the_build_go_on),
		cmocka_unit_test(a_bad_check_fails_the_build_with_all_reasons),
		cmocka_unit_test(a_late_check_is_done_again_and_keeps_what_it_found),
		cmocka_unit_test(a_slow_check_holds_up_no_other_build),
		cmocka_unit_test(a_build_is_cancelled_while_it_is_being_checked),
		cmocka_unit_test(a_rejected_submission_announces_both_of_its_states),
		cmocka_unit_test(a_move_without_the_claim_writes_nothing),
		cmocka_unit_test(a_pass_that_lost_a_build_neither_writes_nor_acts),
		cmocka_unit_test(an_intent_that_was_not_written_is_not_ended),
		cmocka_unit_test(a_build_without_components_becomes_ready),
		cmocka_unit_test(what_a_settled_build_does_next_is_done_with_all_of_it),
		cmocka_unit_test(builds_that_start_together_fail_alone),
		cmocka_unit_test(a_quiet_pass_says_as_much_of_ten_builds_as_of_a_hundred),
		cmocka_unit_test(a_stopped_pass_gives_its_builds_back),
		cmocka_unit_test(a_holder_is_gone_only_when_that_is_certain),
	};
	int failed;

	if (!g_getenv("RIDA_TEST_SOCKET")) {
		fputs("this is run by run-flow\n", stderr);
		return 77;
	}
	g_set_prgname(argv[0]);
	ledger = g_build_filename(g_getenv("T"), "memory.jsonl", NULL);
	failed = cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
	g_free(ledger);
	return failed;
}

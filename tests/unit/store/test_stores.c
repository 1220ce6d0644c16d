/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include <string.h>

#include "store/audit_store.h"
#include "store/delivery_store.h"
#include "store/effect_store.h"
#include "store/housekeeping_store.h"
#include "store/maintenance_store.h"
#include "store/misc_store.h"

#define KEY_ONE "00000000000000000000000000000001"
#define KEY_TWO "00000000000000000000000000000002"

static void an_intent_is_found_until_it_ends(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 1, 2);
	const struct component *component = g_ptr_array_index(build->components, 0);
	char one[] = KEY_ONE;
	char two[] = KEY_TWO;
	struct effect effects[] = {
		{ .build_id = build->id,
		  .component_id = component->id,
		  .kind = EFFECT_SUBMIT,
		  .number = 1,
		  .idem_key = one,
		  .token = 5 },
		{ .build_id = build->id,
		  .kind = EFFECT_PREPARE,
		  .number = 1,
		  .idem_key = two,
		  .token = 5 },
	};
	g_autoptr(GPtrArray) open = NULL;
	char none[] = "none";
	struct effect_end done = { .idem_key = two, .state = EFFECT_DONE };
	struct effect_end unknown = { .idem_key = none, .state = EFFECT_DONE };
	struct effect_end abandoned = { .idem_key = one, .state = EFFECT_ABANDONED };
	g_autoptr(GPtrArray) ends = g_ptr_array_new();
	const struct effect *effect;
	GError *error = NULL;

	assert_good(effect_store_end_many(db, ends, &error));
	assert_good(effect_store_intend(db, effects, 2, &error));
	g_ptr_array_add(ends, &done);
	assert_good(effect_store_end_many(db, ends, &error));
	effects[0].token = 6;
	assert_good(effect_store_intend(db, effects, 1, &error));
	assert_good(effect_store_open(db, &build->id, 1, &open, &error));
	assert_int_equal(open->len, 1);
	effect = g_ptr_array_index(open, 0);
	assert_string_equal(effect->idem_key, KEY_ONE);
	assert_int_equal(effect->token, 6);
	assert_int_equal(effect->tries, 1);
	assert_true(effect->intended_at > 0);
	g_ptr_array_add(ends, &abandoned);
	assert_good(effect_store_end_many(db, ends, &error));
	g_clear_pointer(&open, g_ptr_array_unref);
	assert_good(effect_store_open(db, &build->id, 1, &open, &error));
	assert_int_equal(open->len, 0);
	g_ptr_array_add(ends, &unknown);
	assert_fails(effect_store_end_many(db, ends, &error), RIDA_ERROR_INTERNAL);
}

static void an_attempt_is_evidence(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 2, 1);
	const struct component *component = g_ptr_array_index(build->components, 0);
	char key[] = KEY_ONE;
	char nvr[] = "component-000-1-1";
	struct attempt attempt = { .build_id = build->id,
				   .component_id = component->id,
				   .attempt = 1,
				   .epoch = 1,
				   .idem_key = key,
				   .state = COMPONENT_BUILDING };
	g_autoptr(GPtrArray) attempts = g_ptr_array_new();
	g_autoptr(GPtrArray) open = NULL;
	g_autoptr(DbRows) rows = NULL;
	struct attempt row = { 0 };
	GError *error = NULL;

	g_ptr_array_add(attempts, &attempt);
	assert_good(attempt_store_insert_many(db, attempts, &error));
	assert_true(attempt.id > 0);
	assert_good(attempt_store_open(db, &build->id, 1, &open, &error));
	assert_int_equal(open->len, 1);
	assert_fails(attempt_store_insert_many(db, attempts, &error), RIDA_ERROR_CONFLICT);
	attempt.task_id = attempt.id;
	attempt.nvr = nvr;
	attempt.state = COMPONENT_COMPLETE;
	assert_good(attempt_store_save_many(db, attempts, &error));
	assert_good(attempt_store_select(db, build->id, &rows, &error));
	assert_int_equal(db_next(rows, &row, &error), 1);
	assert_int_equal(row.task_id, row.id);
	assert_int_equal(row.state, COMPONENT_COMPLETE);
	assert_true(row.finished_at >= row.started_at && row.started_at > 0);
	assert_string_equal(row.nvr, nvr);
	assert_int_equal(db_next(rows, &row, &error), 0);
	attempt_clear(&row);
	g_clear_pointer(&open, g_ptr_array_unref);
	assert_good(attempt_store_open(db, &build->id, 1, &open, &error));
	assert_int_equal(open->len, 0);
}

static void attempts_of_a_build_start_and_end_together(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 8, 20);
	g_autoptr(GPtrArray) attempts =
		g_ptr_array_new_with_free_func((GDestroyNotify)attempt_free);
	g_autoptr(GPtrArray) open = NULL;
	uint64_t statements;
	GError *error = NULL;

	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);
		struct attempt *attempt = g_new0(struct attempt, 1);

		attempt->build_id = build->id;
		attempt->component_id = component->id;
		attempt->attempt = 1;
		attempt->idem_key = g_strdup_printf("together-%u", i);
		g_ptr_array_add(attempts, attempt);
	}
	statements = db_statements(db);
	assert_good(attempt_store_insert_many(db, attempts, &error));
	assert_int_equal(db_statements(db) - statements, 2);
	assert_good(attempt_store_open(db, &build->id, 1, &open, &error));
	assert_int_equal(open->len, 20);
	for (guint i = 0; i < open->len; i++) {
		const struct attempt *row = g_ptr_array_index(open, i);
		struct attempt *attempt = g_ptr_array_index(attempts, i);

		assert_int_equal(row->id, attempt->id);
		assert_string_equal(row->idem_key, attempt->idem_key);
		attempt->state = i % 2 ? COMPONENT_COMPLETE : COMPONENT_BUILDING;
	}
	statements = db_statements(db);
	assert_good(attempt_store_save_many(db, attempts, &error));
	assert_int_equal(db_statements(db) - statements, 1);
	g_clear_pointer(&open, g_ptr_array_unref);
	assert_good(attempt_store_open(db, &build->id, 1, &open, &error));
	assert_int_equal(open->len, 10);
}

static void documents_are_kept_by_kind(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 3, 0);
	g_autofree char *text = NULL;
	GError *error = NULL;

	assert_good(modulemd_store_put(db, build->id, MODULEMD_STORED, "one", &error));
	assert_good(modulemd_store_put(db, build->id, MODULEMD_SOURCE, "source", &error));
	assert_good(modulemd_store_put(db, build->id, MODULEMD_STORED, "two", &error));
	assert_good(modulemd_store_get(db, build->id, MODULEMD_STORED, &text, &error));
	assert_string_equal(text, "two");
	assert_fails(modulemd_store_get(db, build->id, MODULEMD_FINAL, &text, &error),
		     RIDA_ERROR_MISSING);
	assert_fails(modulemd_store_put(db, 999999, MODULEMD_STORED, "one", &error),
		     RIDA_ERROR_MISSING);
}

static void warnings_and_excerpts_are_kept(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 4, 1);
	const struct component *component = g_ptr_array_index(build->components, 0);
	char file[] = "build.log";
	char first[] = "first";
	char last[] = "last";
	struct log_excerpt excerpt = {
		.component_id = component->id, .attempt = 1, .file = file, .excerpt = first
	};
	struct log_excerpt read = { 0 };
	struct warning warning = { 0 };
	GError *error = NULL;

	assert_good(warning_store_insert(db, build->id, "bash", "odd", &error));
	assert_good(warning_store_insert(db, build->id, NULL, "odder", &error));
	assert_good(log_excerpt_store_put(db, build->id, &excerpt, &error));
	excerpt.excerpt = last;
	assert_good(log_excerpt_store_put(db, build->id, &excerpt, &error));
	{
		g_autoptr(DbRows) rows = NULL;

		assert_good(warning_store_select(db, build->id, &rows, &error));
		assert_int_equal(db_next(rows, &warning, &error), 1);
		assert_string_equal(warning.component, "bash");
		assert_int_equal(db_next(rows, &warning, &error), 1);
		assert_string_equal(warning.component, "");
		warning_clear(&warning);
	}
	{
		g_autoptr(DbRows) rows = NULL;

		assert_good(log_excerpt_store_select(db, build->id, &rows, &error));
		assert_int_equal(db_next(rows, &read, &error), 1);
		assert_string_equal(read.excerpt, "last");
		assert_int_equal(db_next(rows, &read, &error), 0);
		log_excerpt_clear(&read);
	}
}

static void an_answer_is_remembered_for_its_caller(void **state)
{
	struct db *db = *state;
	char digest[] = "d";
	char location[] = "/rida/module-builds/1";
	char body[] = "{}";
	const struct idempotency answer = {
		.digest = digest, .status = 201, .location = location, .body = body
	};
	struct idempotency read = { 0 };
	GError *error = NULL;

	assert_good(idempotency_store_insert(db, "alice", "key", &answer, &error));
	assert_fails(idempotency_store_insert(db, "alice", "key", &answer, &error),
		     RIDA_ERROR_CONFLICT);
	assert_good(idempotency_store_insert(db, "bob", "key", &answer, &error));
	assert_fails(idempotency_store_find(db, "alice", "KEY", &read, &error), RIDA_ERROR_MISSING);
	assert_good(idempotency_store_find(db, "alice", "key", &read, &error));
	assert_int_equal(read.status, 201);
	assert_string_equal(read.location, location);
	idempotency_clear(&read);
}

static void what_is_old_goes_a_bounded_number_at_a_time(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 5, 0);
	const struct expiry expiry = { .outbox_age = 60, .idempotency_age = 60, .limit = 3 };
	g_autofree char *insert = g_strdup_printf(
		"INSERT INTO outbox (build_id, seq, msg_id, topic, body, created_at, sent_at) "
		"SELECT %" G_GUINT64_FORMAT ", seq, CONCAT('m', seq), 't', '{}', '2020-01-01', "
		"IF(seq > 5, NULL, '2020-01-01') FROM seq_1_to_8",
		build->id);
	uint64_t removed;
	GError *error = NULL;

	fixture_run(db, insert);
	assert_good(housekeeping_store_expire(db, &expiry, &removed, &error));
	assert_int_equal(removed, 3);
	assert_good(housekeeping_store_expire(db, &expiry, &removed, &error));
	assert_int_equal(removed, 2);
	assert_good(housekeeping_store_expire(db, &expiry, &removed, &error));
	assert_int_equal(removed, 0);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM outbox"), 3);
	fixture_run(db, "DELETE FROM outbox");
}

static void each_try_of_a_delivery_is_kept_for_its_time(void **state)
{
	struct db *db = *state;
	g_autofree char *receiver = g_strnfill(300, 'r');
	g_autofree char *long_answer = g_strnfill(5000, 'a');
	char ci[] = "https://ci.example.org", thanks[] = "thanks", *none = NULL;
	const struct delivery deliveries[] = {
		{ .event_no = 1, .build_id = 8, .receiver = ci, .answer = none },
		{ .event_no = 1,
		  .build_id = 8,
		  .receiver = ci,
		  .status = 200,
		  .milliseconds = 12,
		  .is_accepted = true,
		  .answer = thanks },
		{ .event_no = 2, .build_id = 9, .receiver = receiver, .answer = long_answer },
	};
	const struct expiry expiry = {
		.outbox_age = 86400, .idempotency_age = 86400, .delivery_age = 60, .limit = 3
	};
	g_autoptr(GPtrArray) of_build = NULL;
	g_autoptr(GPtrArray) newest = NULL;
	const struct delivery *first;
	uint64_t removed;
	GError *error = NULL;

	assert_good(delivery_store_insert(db, deliveries, 0, &error));
	assert_good(delivery_store_insert(db, deliveries, G_N_ELEMENTS(deliveries), &error));
	assert_good(delivery_store_list(db, 8, 10, &of_build, &error));
	assert_int_equal(of_build->len, 2);
	first = of_build->pdata[0];
	assert_int_equal(first->status, 200);
	assert_int_equal(first->milliseconds, 12);
	assert_true(first->is_accepted && first->at > 0 && first->event_no == 1);
	assert_string_equal(first->receiver, ci);
	assert_string_equal(first->answer, thanks);
	assert_string_equal(((const struct delivery *)of_build->pdata[1])->answer, "");
	assert_good(delivery_store_list(db, 0, 1, &newest, &error));
	assert_int_equal(newest->len, 1);
	first = newest->pdata[0];
	assert_int_equal(strlen(first->receiver), 255);
	assert_int_equal(strlen(first->answer), 1024);
	fixture_run(db, "UPDATE deliveries SET at = '2020-01-01' WHERE event_no = 1");
	assert_good(housekeeping_store_expire(db, &expiry, &removed, &error));
	assert_int_equal(removed, 2);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM deliveries"), 1);
	fixture_run(db, "DELETE FROM deliveries");
}

static void old_builds_are_woken_and_young_ones_sleep(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) old = fixture_insert(db, 6, 0);
	g_autoptr(Build) young = fixture_insert(db, 7, 0);
	GError *error = NULL;

	fixture_run(db, "UPDATE claims SET due_at = NULL");
	fixture_run(
		db,
		"UPDATE builds SET modified_at = '2020-01-01', gen = gen + 1 WHERE name = 'module-6'");
	assert_good(housekeeping_store_wake_old(db, 3600, 3600, 10, &error));
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM claims WHERE due_at IS NOT NULL"),
			 1);
	assert_int_equal(fixture_number(db, "SELECT build_id FROM claims WHERE due_at IS NOT NULL"),
			 old->id);
}

static void the_database_tells_the_time(void **state)
{
	int64_t now;
	GError *error = NULL;

	assert_good(clock_store_now(*state, &now, &error));
	assert_in_range(now, g_get_real_time() - 5 * G_USEC_PER_SEC,
			g_get_real_time() + 5 * G_USEC_PER_SEC);
}

static bool is_told(const GPtrArray *sentences, const char *word)
{
	for (guint i = 0; i < sentences->len; i++) {
		if (strstr(g_ptr_array_index(sentences, i), word))
			return true;
	}
	print_error("nothing was said of \"%s\"\n", word);
	return false;
}

static void what_does_not_agree_is_told_and_mended(void **state)
{
	static const char *const spoilt[] = {
		"UPDATE counters SET value = value + 7 WHERE name IN ('builds', 'state_init')",
		"UPDATE build_views SET gen = gen + 1 ORDER BY build_id LIMIT 1",
		"DELETE FROM build_views ORDER BY build_id DESC LIMIT 1",
		"DELETE FROM claims ORDER BY build_id LIMIT 1",
		"UPDATE claims SET due_at = NULL, quarantined_at = NULL",
		"UPDATE builds SET event_seq = 3, gen = gen + 1 ORDER BY id LIMIT 1",
	};
	static const char *const words[] = {
		"counter builds", "counter state_init",     "no view", "a view of", "no claim",
		"never due",      "3 events were announced"
	};
	struct db *db = *state;
	g_autoptr(GPtrArray) before = NULL;
	g_autoptr(GPtrArray) done = NULL;
	g_autoptr(GPtrArray) after = NULL;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(spoilt); i++)
		fixture_run(db, spoilt[i]);
	assert_good(audit_store_check(db, &before, &error));
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		assert_true(is_told(before, words[i]));
	assert_good(audit_store_repair(db, &done, &error));
	assert_int_equal(done->len, 4);
	/* Lost events cannot be made up: these builds of the tests never announced any. */
	fixture_run(db, "UPDATE builds SET event_seq = 0, gen = gen + 1");
	g_clear_pointer(&done, g_ptr_array_unref);
	assert_good(audit_store_repair(db, &done, &error));
	assert_good(audit_store_check(db, &after, &error));
	for (guint i = 0; i < after->len; i++)
		print_error("%s\n", (char *)g_ptr_array_index(after, i));
	assert_int_equal(after->len, 0);
}

static void maintenance_is_a_switch(void **state)
{
	bool is_on;
	GError *error = NULL;

	assert_good(maintenance_store_is_on(*state, &is_on, &error));
	assert_false(is_on);
	assert_good(maintenance_store_set(*state, true, &error));
	assert_good(maintenance_store_is_on(*state, &is_on, &error));
	assert_true(is_on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_intent_is_found_until_it_ends),
		cmocka_unit_test(an_attempt_is_evidence),
		cmocka_unit_test(attempts_of_a_build_start_and_end_together),
		cmocka_unit_test(documents_are_kept_by_kind),
		cmocka_unit_test(warnings_and_excerpts_are_kept),
		cmocka_unit_test(an_answer_is_remembered_for_its_caller),
		cmocka_unit_test(what_is_old_goes_a_bounded_number_at_a_time),
		cmocka_unit_test(each_try_of_a_delivery_is_kept_for_its_time),
		cmocka_unit_test(old_builds_are_woken_and_young_ones_sleep),
		cmocka_unit_test(the_database_tells_the_time),
		cmocka_unit_test(what_does_not_agree_is_told_and_mended),
		cmocka_unit_test(maintenance_is_a_switch),
	};

	g_set_prgname("stores");
	return cmocka_run_group_tests_name("stores", tests, fixture_set_up, fixture_tear_down);
}

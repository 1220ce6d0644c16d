/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include <inttypes.h>

#include "store/hint_store.h"

#define DUE "SELECT COUNT(*) FROM claims WHERE due_at <= UTC_TIMESTAMP(6) + INTERVAL 1 SECOND"

/* What hints may never change. */
static const char *const tables[] = { "builds", "components", "trace",   "outbox",
				      "events", "effects",    "requests" };

static uint64_t apply(struct db *db, const char *topic, const char *body)
{
	g_auto(Incoming) hint = incoming_read(topic, body);
	GError *error = NULL;
	uint64_t due = 99;

	assert_good(hint_store_apply(db, &hint, 1, &due, &error));
	return due;
}

static uint64_t first_id(struct db *db)
{
	return fixture_number(db, "SELECT MAX(id) FROM builds");
}

/* One build of a tag, with a task that runs, to be looked at in an hour. */
static void waiting_build(struct db *db, unsigned number)
{
	g_autoptr(Build) build = fixture_insert(db, number, 1);
	g_autofree char *tag =
		g_strdup_printf("UPDATE builds SET gen = gen + 1, tag = 'module-t%u' "
				"WHERE id = %" PRIu64,
				number, build->id);
	g_autofree char *task = g_strdup_printf(
		"UPDATE components SET state = 0, task_id = %u WHERE build_id = %" PRIu64,
		1000 + number, build->id);

	fixture_run(db, tag);
	fixture_run(db, task);
	fixture_run(db,
		    "UPDATE claims SET due_at = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR, attempts = 0, "
		    "lease_until = NULL, quarantined_at = NULL");
}

static void what_a_hint_names_is_due_and_nothing_else(void **state)
{
	struct db *db = *state;
	g_autofree char *decision = NULL;
	g_autoptr(Build) build = NULL;
	GError *error = NULL;

	waiting_build(db, 1);
	waiting_build(db, 2);
	assert_int_equal(apply(db, "x.buildsys.build.state.change", "{\"task_id\": 999}"), 0);
	assert_int_equal(apply(db, "x.buildsys.build.state.change", "{\"task_id\": 1001}"), 1);
	assert_int_equal(fixture_number(db, DUE), 1);
	assert_int_equal(apply(db, "x.buildsys.build.state.change", "{\"task_id\": 1001}"), 0);
	assert_int_equal(apply(db, "x.buildsys.tag", "{\"tag\": \"module-t2\"}"), 1);
	waiting_build(db, 3);
	assert_int_equal(apply(db, "x.buildsys.repo.done", "{\"tag\": \"module-t3-build\"}"), 1);
	waiting_build(db, 4);
	assert_good(build_store_find(db, first_id(db), &build, &error));
	decision = g_strdup_printf("{\"subject_identifier\": \"%s-%s-%" PRIu64 ".%s\"}",
				   build->name, build->stream, build->version, build->context);
	assert_int_equal(apply(db, "x.greenwave.decision.update", decision), 1);
	assert_int_equal(fixture_number(db, DUE), 1);
}

static void who_is_busy_held_or_failing_is_not_disturbed(void **state)
{
	static const char *const states[] = {
		"lease_until = UTC_TIMESTAMP(6) + INTERVAL 1 MINUTE",
		"quarantined_at = UTC_TIMESTAMP(6)",
		"attempts = 3",
		"due_at = NULL",
	};
	struct db *db = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(states); i++) {
		g_autofree char *sql = g_strconcat("UPDATE claims SET ", states[i], NULL);

		waiting_build(db, 10 + (unsigned)i);
		fixture_run(db, sql);
		assert_int_equal(apply(db, "x.buildsys.tag", "{\"tag\": \"module-t10\"}"), 0);
	}
}

struct sum {
	char *table;
	uint64_t sum;
};

static const struct db_column sum_columns[] = {
	{ "Table", DB_INTO_TEXT, OFFSET_OF(struct sum, char *, table) },
	{ "Checksum", DB_INTO_U64, OFFSET_OF(struct sum, uint64_t, sum) },
};

/* Of all rows of those tables, and of claims but for when they are due. */
static uint64_t checksum(struct db *db)
{
	uint64_t all = fixture_number(
		db, "SELECT COALESCE(SUM(CRC32(CONCAT_WS(',', build_id, holder, token, "
		    "COALESCE(lease_until, 0), attempts, COALESCE(quarantined_at, 0)))), 0) "
		    "FROM claims");

	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *sql = g_strdup_printf("CHECKSUM TABLE %s", tables[i]);
		GError *error = NULL;
		struct sum sum = { 0 };

		assert_good(
			db_select_one(db, sql, DB_NO_ARGS, DB_COLUMNS(sum_columns), &sum, &error));
		g_free(sum.table);
		all = all * 31 + sum.sum;
	}
	return all;
}

/* Forged, repeated and in any order: a hundred thousand of them. */
static void b02_hints_change_no_state(void **state)
{
	enum { HINTS = 100000, BATCH = 1000 };
	g_autoptr(GRand) chance = g_rand_new_with_seed(7);
	struct db *db = *state;
	uint64_t before;
	GError *error = NULL;

	for (unsigned i = 0; i < 20; i++)
		waiting_build(db, 100 + i);
	before = checksum(db);
	for (unsigned done = 0; done < HINTS; done += BATCH) {
		g_autoptr(GArray) hints = g_array_new(FALSE, TRUE, sizeof(struct incoming));
		uint64_t due;

		g_array_set_clear_func(hints, (GDestroyNotify)(void (*)(void))incoming_clear);
		for (unsigned i = 0; i < BATCH; i++) {
			const unsigned number = 90 + g_rand_int(chance) % 40;
			g_autofree char *body = g_strdup_printf(
				"{\"task_id\": %u, \"tag\": \"module-t%u%s\", \"new\": %d}",
				1000 + number, number, i % 2 ? "-build" : "", (int)(i % 6) - 1);
			struct incoming hint = incoming_read(
				i % 3 ? "x.buildsys.tag" : "x.buildsys.build.state.change", body);

			g_array_append_val(hints, hint);
		}
		assert_good(hint_store_apply(db, (const struct incoming *)(void *)hints->data,
					     hints->len, &due, &error));
	}
	assert_int_equal(checksum(db), before);
	assert_true(fixture_number(db, DUE) >= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_hint_names_is_due_and_nothing_else),
		cmocka_unit_test(who_is_busy_held_or_failing_is_not_disturbed),
		cmocka_unit_test(b02_hints_change_no_state),
	};

	g_set_prgname("hints");
	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}

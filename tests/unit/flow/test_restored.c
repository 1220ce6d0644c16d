/* SPDX-License-Identifier: MIT */
/*
 * What is done once where a database goes on that may have lost its newest changes, over a real
 * database. Run by run-flow, which starts the server.
 */
#include "tests/unit/store/fixture.h"

#include <inttypes.h>
#include <string.h>

#include "flow/reconcile.h"
#include "store/writer_store.h"

#define GAP 100000

/* Messages of a build with that number, which say that state. */
#define MESSAGES                                                                                   \
	"SELECT COUNT(*) FROM outbox WHERE build_id = %" PRIu64 " AND seq = %u AND "               \
	"JSON_VALUE(body, '$.state') = %d"
#define NEXT_ID                                                                                    \
	"SELECT AUTO_INCREMENT FROM information_schema.tables WHERE table_schema = DATABASE() "    \
	"AND table_name = '%s'"

static const char *const numbered[] = { "builds",   "components", "attempts",  "effects",
					"requests", "outbox",     "deliveries" };

static bool insert(struct db *db, void *data, GError **error)
{
	return build_store_insert(db, data, error);
}

static struct build *build_in(struct db *db, enum build_state state, unsigned age)
{
	static unsigned number;
	struct build *build = fixture_build(++number, 1);
	GError *error = NULL;

	build->state = state;
	build->modified_at = g_get_real_time() - age * 24 * 3600 * (int64_t)G_USEC_PER_SEC;
	assert_good(db_transact(db, insert, build, &error));
	return build;
}

G_GNUC_PRINTF(2, 3) static uint64_t number_of(struct db *db, const char *format, ...)
{
	g_autofree char *sql = NULL;
	va_list arguments;

	va_start(arguments, format);
	sql = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return fixture_number(db, sql);
}

/* There are no builds, and the database was written elsewhere before. */
static int start(void **state)
{
	static const char *const tables[] = { "build_views", "claims", "components",
					      "outbox",      "trace",  "builds" };

	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		g_autofree char *sql = g_strdup_printf("DELETE FROM %s", tables[i]);

		fixture_run(*state, sql);
	}
	fixture_run(*state, "UPDATE writer SET server = 'elsewhere', doubt_id = 0, event_base = 0");
	return 0;
}

static char *restore(struct db *db)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	GError *error = NULL;

	assert_good(reconcile_restored(db, sentences, &error));
	g_ptr_array_add(sentences, NULL);
	return g_strjoinv("\n", (char **)sentences->pdata);
}

static bool is_other(struct db *db)
{
	g_auto(Writer) writer = { 0 };
	GError *error = NULL;

	assert_good(writer_store_read(db, &writer, &error));
	return writer.is_other;
}

static void open_and_recent_builds_are_announced_once_more(void **state)
{
	static const struct {
		enum build_state state;
		unsigned age; /* days */
		bool is_announced;
	} cases[] = {
		{ BUILD_INIT, 0, true },      { BUILD_WAIT, 90, true },
		{ BUILD_BUILD, 90, true },    { BUILD_DONE, 90, true },
		{ BUILD_FAILED, 29, true },   { BUILD_READY, 29, true },
		{ BUILD_FAILED, 31, false },  { BUILD_READY, 31, false },
		{ BUILD_GARBAGE, 31, false },
	};
	uint64_t ids[G_N_ELEMENTS(cases)];
	g_autofree char *said = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = build_in(*state, cases[i].state, cases[i].age);

		ids[i] = build->id;
	}
	said = restore(*state);
	assert_non_null(strstr(said, "6 builds are announced again as they are now"));
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		print_message("state %d of %u days\n", (int)cases[i].state, cases[i].age);
		assert_int_equal(
			number_of(*state, MESSAGES, ids[i], 1 + BUILD_SKIP, (int)cases[i].state),
			cases[i].is_announced);
		assert_int_equal(number_of(*state,
					   "SELECT COUNT(*) FROM outbox WHERE build_id = %" PRIu64,
					   ids[i]),
				 cases[i].is_announced);
	}
}

static void no_number_that_was_seen_is_given_again(void **state)
{
	g_autoptr(Build) build = build_in(*state, BUILD_WAIT, 0);
	uint64_t next[G_N_ELEMENTS(numbered)], changes;

	for (size_t i = 0; i < G_N_ELEMENTS(numbered); i++)
		next[i] = number_of(*state, NEXT_ID, numbered[i]);
	changes = fixture_number(*state, "SELECT value FROM counters WHERE name = 'changes'");
	g_free(restore(*state));
	for (size_t i = 0; i < G_N_ELEMENTS(numbered); i++) {
		print_message("%s\n", numbered[i]);
		assert_true(number_of(*state, NEXT_ID, numbered[i]) >= next[i] + GAP);
	}
	assert_true(fixture_number(*state, "SELECT value FROM counters WHERE name = 'changes'") >=
		    changes + GAP);
	assert_int_equal(fixture_number(*state, "SELECT event_base FROM writer"), GAP);
	assert_int_equal(number_of(*state, "SELECT gen FROM builds WHERE id = %" PRIu64, build->id),
			 1 + BUILD_SKIP);
	assert_int_equal(number_of(*state, "SELECT gen FROM build_views WHERE build_id = %" PRIu64,
				   build->id),
			 1 + BUILD_SKIP);
}

static void the_builds_that_there_are_are_doubted_and_the_server_is_the_writer(void **state)
{
	g_autoptr(Build) build = build_in(*state, BUILD_READY, 0);
	g_autofree char *doubt =
		g_strdup_printf("tasks of builds up to %" PRIu64 " are looked for", build->id);
	g_autofree char *said = NULL;

	assert_true(is_other(*state));
	said = restore(*state);
	assert_false(is_other(*state));
	assert_non_null(strstr(said, doubt));
	assert_non_null(strstr(said, "is the writer now"));
	assert_int_equal(fixture_number(*state, "SELECT doubt_id FROM writer"), build->id);
}

static void nobody_acts_before_all_is_done_and_it_may_be_run_again(void **state)
{
	g_autoptr(Build) build = build_in(*state, BUILD_WAIT, 0);
	g_autoptr(Build) later = build_in(*state, BUILD_WAIT, 0);
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *trigger = g_strdup_printf(
		"CREATE TRIGGER no_more BEFORE INSERT ON outbox FOR EACH ROW BEGIN "
		"IF NEW.build_id = %" PRIu64 " THEN SIGNAL SQLSTATE '45000'; END IF; END",
		later->id);
	GError *error = NULL;

	fixture_run(*state, trigger);
	assert_false(reconcile_restored(*state, sentences, &error));
	g_clear_error(&error);
	fixture_run(*state, "DROP TRIGGER no_more");
	assert_int_equal(sentences->len, 0);
	assert_true(is_other(*state));

	g_free(restore(*state));
	assert_false(is_other(*state));
	/* Announced by the first run, too: the second is later. */
	assert_int_equal(number_of(*state, MESSAGES, build->id, 1 + 2 * BUILD_SKIP, BUILD_WAIT), 1);
	assert_int_equal(number_of(*state, MESSAGES, later->id, 1 + BUILD_SKIP, BUILD_WAIT), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(open_and_recent_builds_are_announced_once_more, start),
		cmocka_unit_test_setup(no_number_that_was_seen_is_given_again, start),
		cmocka_unit_test_setup(
			the_builds_that_there_are_are_doubted_and_the_server_is_the_writer, start),
		cmocka_unit_test_setup(nobody_acts_before_all_is_done_and_it_may_be_run_again,
				       start),
	};

	g_set_prgname("restored");
	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}

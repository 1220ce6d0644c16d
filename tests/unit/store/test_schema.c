/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include <string.h>

#include <glib/gstdio.h>

#include "store/db_internal.h"
#include "store/schema.h"

static char *folder_new(void)
{
	GError *problem = NULL;
	char *path = g_dir_make_tmp("rida-sql.XXXXXX", &problem);

	assert_non_null(path);
	return path;
}

static void folder_put(const char *folder, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(folder, name, NULL);

	assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void folder_remove(char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

	for (const char *name = g_dir_read_name(dir); name; name = g_dir_read_name(dir)) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		g_unlink(path);
	}
	g_rmdir(folder);
	g_free(folder);
}

static int forget(void **state)
{
	fixture_run(*state, "DELETE FROM schema_versions");
	fixture_run(*state, "DROP TABLE IF EXISTS t");
	return 0;
}

static void migrating_twice_is_migrating_once(void **state)
{
	g_autofree char *folder = fixture_sql_folder();
	unsigned applied;
	GError *error = NULL;

	assert_good(schema_migrate(*state, folder, &applied, &error));
	assert_int_equal(applied, 0);
	assert_good(schema_check(*state, &error));
}

static void statements_may_be_run_again_after_a_crash(void **state)
{
	g_autofree char *folder = fixture_sql_folder();
	unsigned applied;
	GError *error = NULL;

	assert_good(schema_migrate(*state, folder, &applied, &error));
	assert_int_equal(applied, SCHEMA_NEWEST);
}

static void a_trigger_with_semicolons_is_one_statement(void **state)
{
	char *folder = folder_new();
	unsigned applied;
	GError *error = NULL;

	folder_put(
		folder, "0001_t.sql",
		"-- a comment; with a semicolon\nCREATE TABLE IF NOT EXISTS t (a INT, b INT);\n\n"
		"CREATE OR REPLACE TRIGGER t_before BEFORE INSERT ON t FOR EACH ROW\nBEGIN\n"
		"\tSET NEW.b = 1;\n\tSET NEW.b = NEW.b + 1;\nEND;\n\n-- the end\n");
	folder_put(folder, "README", "not a migration");
	assert_good(schema_migrate(*state, folder, &applied, &error));
	fixture_run(*state, "INSERT INTO t (a) VALUES (1)");
	assert_int_equal(fixture_number(*state, "SELECT b FROM t"), 2);
	folder_remove(folder);
}

static void a_changed_file_is_refused(void **state)
{
	char *folder = folder_new();
	unsigned applied;
	GError *error = NULL;

	folder_put(folder, "0001_t.sql", "CREATE TABLE IF NOT EXISTS t (a INT);\n");
	assert_good(schema_migrate(*state, folder, &applied, &error));
	folder_put(folder, "0001_t.sql", "CREATE TABLE IF NOT EXISTS t (a BIGINT);\n");
	assert_false(schema_migrate(*state, folder, &applied, &error));
	assert_non_null(strstr(error->message, "0001_t.sql was changed"));
	assert_fails(false, RIDA_ERROR_CONFLICT);
	folder_remove(folder);
}

static void gaps_and_doubles_are_refused(void **state)
{
	static const char *const second[] = { "0003_c.sql", "0001_b.sql", "0000_z.sql" };
	unsigned applied;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(second); i++) {
		char *folder = folder_new();

		folder_put(folder, "0001_t.sql", "CREATE TABLE IF NOT EXISTS t (a INT);\n");
		folder_put(folder, second[i], "SELECT 1;\n");
		assert_fails(schema_migrate(*state, folder, &applied, &error),
			     RIDA_ERROR_MALFORMED);
		folder_remove(folder);
	}
}

static void a_wrong_statement_is_named_and_not_recorded(void **state)
{
	char *folder = folder_new();
	unsigned applied;
	GError *error = NULL;

	folder_put(folder, "0001_t.sql", "CREATE TABEL t (a INT);\n");
	assert_false(schema_migrate(*state, folder, &applied, &error));
	assert_non_null(strstr(error->message, "0001_t.sql"));
	assert_non_null(strstr(error->message, "CREATE TABEL"));
	g_clear_error(&error);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM schema_versions"), 0);
	folder_remove(folder);
}

static void an_unknown_schema_is_refused_with_the_command(void **state)
{
	GError *error = NULL;

	assert_false(schema_check(*state, &error));
	assert_non_null(strstr(error->message, "rida-admin migrate"));
	assert_fails(false, RIDA_ERROR_UNAVAILABLE);
	fixture_run(*state, "INSERT INTO schema_versions VALUES (99, '0099_x.sql', '', NOW())");
	assert_false(schema_check(*state, &error));
	assert_non_null(strstr(error->message, "rida-admin migrate"));
	assert_fails(false, RIDA_ERROR_UNAVAILABLE);
	fixture_run(*state, "DROP TABLE schema_versions");
	assert_false(schema_check(*state, &error));
	assert_non_null(strstr(error->message, "rida-admin migrate"));
	g_clear_error(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(migrating_twice_is_migrating_once),
		cmocka_unit_test_setup(statements_may_be_run_again_after_a_crash, forget),
		cmocka_unit_test_setup(a_trigger_with_semicolons_is_one_statement, forget),
		cmocka_unit_test_setup(a_changed_file_is_refused, forget),
		cmocka_unit_test_setup(gaps_and_doubles_are_refused, forget),
		cmocka_unit_test_setup(a_wrong_statement_is_named_and_not_recorded, forget),
		cmocka_unit_test_setup(an_unknown_schema_is_refused_with_the_command, forget),
	};

	g_set_prgname("schema");
	return cmocka_run_group_tests_name("schema", tests, fixture_set_up, fixture_tear_down);
}

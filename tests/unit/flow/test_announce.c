/* SPDX-License-Identifier: MIT */
/*
 * The drain of the outbox and housekeeping, over a real database. Run by run-flow, which starts
 * the server.
 */
#include "tests/unit/store/fixture.h"

#include <string.h>

#include <glib/gstdio.h>

#include "flow/announce.h"
#include "flow/change.h"
#include "flow/housekeeping.h"
#include "store/event_store.h"
#include "text/json.h"

static char *message_file;

static struct config *config_for_test(void)
{
	struct config *config = config_new();

	text_set(&config->bus, "file");
	text_set(&config->bus_file, message_file);
	return config;
}

static bool insert(struct db *db, void *data, GError **error)
{
	return change_insert(db, data, "alice", error);
}

/* A rejected build announces two states: two messages. */
static void insert_rejected(struct db *db, unsigned number)
{
	g_autoptr(Build) build = fixture_build(number, 0);
	GError *error = NULL;

	build->state = BUILD_FAILED;
	assert_good(db_transact(db, insert, build, &error));
}

static unsigned announce(struct db *db, const struct config *config, const char *holder)
{
	GError *error = NULL;
	unsigned sent = 99;

	assert_good(announce_run(db, config, holder, g_get_monotonic_time() + 10 * G_USEC_PER_SEC,
				 &sent, &error));
	return sent;
}

/* The messages of the file as "build/seq", joined by blanks. */
static char *messages(void)
{
	GString *all = g_string_new(NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(message_file, &text, NULL, NULL))
		return g_string_free(all, FALSE);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; **line; line++) {
		g_autoptr(JsonObject) value = NULL;

		assert_true(read_json(*line, strlen(*line), &value, NULL));
		g_string_append_printf(
			all, "%s%" G_GUINT64_FORMAT "/%d", all->len ? " " : "",
			json_object_get_uint64(json_object_object_get(value, "build")),
			json_object_get_int(json_object_object_get(value, "seq")));
	}
	return g_string_free(all, FALSE);
}

static uint64_t unsent(struct db *db)
{
	return fixture_number(db, "SELECT COUNT(*) FROM outbox WHERE sent_at IS NULL");
}

static int start(void **state)
{
	fixture_run(*state, "DELETE FROM outbox");
	fixture_run(*state, "DELETE FROM leases");
	g_unlink(message_file);
	return 0;
}

static void messages_go_out_in_the_order_of_each_build(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autofree char *found = NULL;
	g_autofree char *wanted = NULL;
	uint64_t first;

	insert_rejected(*state, 1);
	insert_rejected(*state, 2);
	first = fixture_number(*state, "SELECT MIN(build_id) FROM outbox");
	assert_int_equal(announce(*state, config, "a"), 4);
	assert_int_equal(unsent(*state), 0);
	found = messages();
	wanted = g_strdup_printf("%" G_GUINT64_FORMAT "/1 %" G_GUINT64_FORMAT
				 "/2 %" G_GUINT64_FORMAT "/1 %" G_GUINT64_FORMAT "/2",
				 first, first, first + 1, first + 1);
	assert_string_equal(found, wanted);
}

static void nothing_waiting_changes_no_row_and_opens_no_bus(void **state)
{
	g_autoptr(Config) config = config_for_test();

	assert_int_equal(announce(*state, config, "a"), 0);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM leases"), 0);
	assert_false(g_file_test(message_file, G_FILE_TEST_EXISTS));
}

static void a_bus_that_is_away_fails_no_pass_and_loses_nothing(void **state)
{
	static const char *const files[] = { "/nonexistent/messages", "/dev/full" };
	g_autoptr(Config) config = config_for_test();

	insert_rejected(*state, 3);
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		text_set(&config->bus_file, files[i]);
		assert_int_equal(announce(*state, config, "a"), 0);
		assert_int_equal(unsent(*state), 2);
	}
	assert_int_equal(fixture_number(*state, "SELECT MIN(tries) FROM outbox"), 1);
	text_set(&config->bus, "nobody-knows");
	assert_int_equal(announce(*state, config, "a"), 0);
	text_set(&config->bus, "file");
	text_set(&config->bus_file, message_file);
	assert_int_equal(announce(*state, config, "b"), 2);
	assert_int_equal(unsent(*state), 0);
}

static void only_one_drain_sends_at_a_time(void **state)
{
	g_autoptr(Config) config = config_for_test();
	GError *error = NULL;
	bool is_ours;

	insert_rejected(*state, 4);
	assert_good(outbox_store_lease(*state, "other", 60, &is_ours, &error));
	assert_true(is_ours);
	assert_int_equal(announce(*state, config, "a"), 0);
	assert_int_equal(unsent(*state), 2);
	assert_good(outbox_store_unlease(*state, "other", &error));
	fixture_run(*state, "DO SLEEP(0.01)");
	assert_int_equal(announce(*state, config, "a"), 2);
}

static void a_deadline_that_is_over_sends_nothing(void **state)
{
	g_autoptr(Config) config = config_for_test();
	GError *error = NULL;
	unsigned sent = 99;

	insert_rejected(*state, 5);
	assert_good(announce_run(*state, config, "a", g_get_monotonic_time() - 1, &sent, &error));
	assert_int_equal(sent, 0);
	assert_int_equal(unsent(*state), 2);
}

static void a_long_outbox_is_sent_batch_by_batch(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autofree char *found = NULL;
	g_auto(GStrv) parts = NULL;

	insert_rejected(*state, 6);
	fixture_run(*state,
		    "INSERT INTO outbox (build_id, seq, msg_id, topic, body, created_at) "
		    "SELECT (SELECT MIN(build_id) FROM outbox), seq, CONCAT('m', seq), 't', '{}', "
		    "UTC_TIMESTAMP(6) FROM seq_3_to_250");
	assert_int_equal(announce(*state, config, "a"), 250);
	found = messages();
	parts = g_strsplit(found, " ", -1);
	assert_int_equal(g_strv_length(parts), 250);
	for (guint i = 0; i < 250; i++) {
		g_autofree char *end = g_strdup_printf("/%u", i + 1);

		assert_true(g_str_has_suffix(parts[i], end));
	}
}

static void without_a_bus_messages_count_as_sent(void **state)
{
	g_autoptr(Config) config = config_for_test();

	text_set(&config->bus, "none");
	insert_rejected(*state, 7);
	assert_int_equal(announce(*state, config, "a"), 2);
	assert_int_equal(unsent(*state), 0);
	assert_false(g_file_test(message_file, G_FILE_TEST_EXISTS));
}

static void a_message_that_was_not_marked_goes_out_again_with_its_id(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	insert_rejected(*state, 8);
	assert_int_equal(announce(*state, config, "a"), 2);
	fixture_run(*state, "UPDATE outbox SET sent_at = NULL WHERE seq = 2");
	assert_int_equal(announce(*state, config, "a"), 1);
	assert_true(g_file_get_contents(message_file, &text, NULL, NULL));
	lines = g_strsplit(text, "\n", -1);
	assert_int_equal(g_strv_length(lines), 4);
	assert_string_equal(lines[1], lines[2]);
}

static void housekeeping_keeps_to_the_configured_ages(void **state)
{
	g_autoptr(Config) config = config_for_test();
	GError *error = NULL;

	insert_rejected(*state, 9);
	fixture_run(*state, "UPDATE outbox SET sent_at = UTC_TIMESTAMP(6) - INTERVAL 29 DAY");
	fixture_run(
		*state,
		"INSERT INTO idempotency_keys (caller, idem_key, digest, status, location, body, "
		"created_at) VALUES ('a', 'young', '', 201, '', '', UTC_TIMESTAMP(6) - INTERVAL 23 HOUR), "
		"('a', 'old', '', 201, '', '', UTC_TIMESTAMP(6) - INTERVAL 25 HOUR)");
	assert_good(housekeeping_run(*state, config, &error));
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM outbox"), 2);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM idempotency_keys"), 1);
	assert_int_equal(
		fixture_number(*state,
			       "SELECT COUNT(*) FROM idempotency_keys WHERE idem_key = 'young'"),
		1);
	fixture_run(*state,
		    "UPDATE outbox SET sent_at = UTC_TIMESTAMP(6) - INTERVAL 31 DAY WHERE seq = 1");
	assert_good(housekeeping_run(*state, config, &error));
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM outbox WHERE seq = 2"), 1);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM outbox"), 1);
}

int main(void)
{
	g_autofree char *folder = g_dir_make_tmp("rida-announce.XXXXXX", NULL);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(messages_go_out_in_the_order_of_each_build, start),
		cmocka_unit_test_setup(nothing_waiting_changes_no_row_and_opens_no_bus, start),
		cmocka_unit_test_setup(a_bus_that_is_away_fails_no_pass_and_loses_nothing, start),
		cmocka_unit_test_setup(only_one_drain_sends_at_a_time, start),
		cmocka_unit_test_setup(a_deadline_that_is_over_sends_nothing, start),
		cmocka_unit_test_setup(a_long_outbox_is_sent_batch_by_batch, start),
		cmocka_unit_test_setup(without_a_bus_messages_count_as_sent, start),
		cmocka_unit_test_setup(a_message_that_was_not_marked_goes_out_again_with_its_id,
				       start),
		cmocka_unit_test_setup(housekeeping_keeps_to_the_configured_ages, start),
	};
	int failed;

	g_set_prgname("announce");
	message_file = g_build_filename(folder, "messages", NULL);
	failed = cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
	g_unlink(message_file);
	g_rmdir(folder);
	g_free(message_file);
	return failed;
}

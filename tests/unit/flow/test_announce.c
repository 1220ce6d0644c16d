/* SPDX-License-Identifier: MIT */
/*
 * The drain of the outbox and housekeeping, over a real database. Run by run-flow, which starts
 * the server.
 */
#include "tests/unit/store/fixture.h"

#include <string.h>

#include <glib/gstdio.h>

#include "base/meter.h"
#include "flow/announce.h"
#include "flow/change.h"
#include "flow/holder.h"
#include "flow/housekeeping.h"
#include "ports/bus/bus.h"
#include "store/event_store.h"
#include "store/outbox_store.h"
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

static unsigned announce_to(struct db *db, const struct config *config, const char *holder,
			    const struct bus_ops *bus)
{
	const struct announce_wants wants = {
		.config = config,
		.holder = holder,
		.deadline = g_get_monotonic_time() + 10 * G_USEC_PER_SEC,
		.bus = bus,
	};
	GError *error = NULL;
	unsigned sent = 99;

	assert_good(announce_run(db, &wants, &sent, &error));
	return sent;
}

static unsigned announce(struct db *db, const struct config *config, const char *holder)
{
	return announce_to(db, config, holder, NULL);
}

/* ---- a bus that says what it is told to ------------------------------------------------------ */

/* What it said no to is told by the message's number in its build; the rest is accepted. */
struct script {
	uint32_t seq;
	uint64_t build_id; /* 0: of each build */
	enum bus_verdict verdict;
	bool is_away; /* and so is the bus from then on */
};
static struct script script;
static GString *heard; /* "build/seq" of what was accepted */
static unsigned waves;

static bool scripted_open(const struct bus_options *options, struct bus **ret, GError **error);

static void scripted_close(struct bus *bus)
{
	g_free(bus);
}

static bool scripted_send(struct bus *bus, const struct bus_message *messages, size_t count,
			  int64_t deadline, struct bus_outcome *outcomes, GError **error)
{
	(void)bus;
	(void)deadline;
	waves++;
	for (size_t i = 0; i < count; i++) {
		const struct bus_message *message = &messages[i];

		if (message->seq == script.seq &&
		    (!script.build_id || script.build_id == message->build_id)) {
			outcomes[i].verdict = script.verdict;
			outcomes[i].problem = g_strdup("as told");
			if (script.is_away)
				return fail(error, RIDA_ERROR_UNAVAILABLE, "it went away");
			continue;
		}
		outcomes[i].verdict = BUS_ACCEPTED;
		g_string_append_printf(heard, "%s%" G_GUINT64_FORMAT "/%u", heard->len ? " " : "",
				       message->build_id, message->seq);
	}
	return true;
}

static const struct bus_ops scripted = {
	.name = "scripted",
	.open = scripted_open,
	.close = scripted_close,
	.send_many = scripted_send,
	.receive_many = bus_hears_nothing,
	.acknowledge = bus_acknowledges_nothing,
};

static bool scripted_open(const struct bus_options *options, struct bus **ret, GError **error)
{
	(void)options;
	(void)error;
	*ret = g_new0(struct bus, 1);
	(*ret)->ops = &scripted;
	return true;
}

/* Expects exactly these to have been accepted since the last time; 1 is the first build. */
static void heard_are(struct db *db, const char *first, const char *second)
{
	const uint64_t id = fixture_number(db, "SELECT MIN(build_id) FROM outbox");
	g_autoptr(GString) wanted = g_string_new(NULL);
	const char *const seqs[] = { first, second };

	for (guint i = 0; i < G_N_ELEMENTS(seqs); i++) {
		for (const char *seq = seqs[i]; *seq; seq++)
			g_string_append_printf(wanted, "%s%" G_GUINT64_FORMAT "/%c",
					       wanted->len ? " " : "", id + i, *seq);
	}
	assert_string_equal(heard->str, wanted->str);
	g_string_truncate(heard, 0);
}

/* ---- the tests --------------------------------------------------------------------------------
 */

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
	fixture_run(*state, "DELETE FROM events");
	fixture_run(*state, "UPDATE leases SET holder = '', lease_until = UTC_TIMESTAMP(6), "
			    "failures = 0, retry_at = NULL, problem = NULL");
	g_unlink(message_file);
	script = (struct script){ 0 };
	waves = 0;
	g_string_truncate(heard, 0);
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
				 "/1 %" G_GUINT64_FORMAT "/2 %" G_GUINT64_FORMAT "/2",
				 first, first + 1, first, first + 1);
	assert_string_equal(found, wanted);
}

static void nothing_waiting_changes_no_row_and_opens_no_bus(void **state)
{
	static const char checksum[] =
		"SELECT COALESCE(SUM(CRC32(CONCAT(holder, lease_until))), 0) FROM leases";
	g_autoptr(Config) config = config_for_test();
	const uint64_t before = fixture_number(*state, checksum);

	assert_int_equal(announce(*state, config, "a"), 0);
	assert_int_equal(fixture_number(*state, checksum), before);
	assert_false(g_file_test(message_file, G_FILE_TEST_EXISTS));
}

/* No wait of a test: the bus is asked again at once. */
static void rest_is_over(struct db *db)
{
	fixture_run(db, "UPDATE leases SET retry_at = NULL");
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
		rest_is_over(*state);
	}
	text_set(&config->bus, "nobody-knows");
	assert_int_equal(announce(*state, config, "a"), 0);
	assert_int_equal(fixture_number(*state, "SELECT failures FROM leases"), 3);
	rest_is_over(*state);
	text_set(&config->bus, "file");
	text_set(&config->bus_file, message_file);
	assert_int_equal(announce(*state, config, "b"), 2);
	assert_int_equal(unsent(*state), 0);
	assert_int_equal(fixture_number(*state, "SELECT failures FROM leases"), 0);
	assert_int_equal(fixture_number(*state, "SELECT MAX(tries) FROM outbox"), 0);
}

static void after_failures_nobody_tries_for_a_while(void **state)
{
	g_autoptr(Config) config = config_for_test();

	insert_rejected(*state, 30);
	script = (struct script){ .seq = 1, .is_away = true };
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(announce_to(*state, config, "a", &scripted), 0);
		assert_int_equal(waves, i + 1);
		assert_int_equal(announce_to(*state, config, "b", &scripted), 0);
		assert_int_equal(waves, i + 1);
		assert_int_equal(fixture_number(*state,
						"SELECT retry_at > UTC_TIMESTAMP(6) + INTERVAL "
						"POW(2, failures - 1) - 0.9 SECOND FROM leases"),
				 1);
		rest_is_over(*state);
	}
	insert_rejected(*state, 31);
	fixture_run(*state, "UPDATE leases SET failures = 50");
	assert_int_equal(announce_to(*state, config, "a", &scripted), 0);
	assert_int_equal(fixture_number(*state,
					"SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(6), retry_at) "
					"BETWEEN 55 AND 60 FROM leases"),
			 1);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM events"), 4);
}

static void a_message_waits_for_the_earlier_ones_of_its_build_alone(void **state)
{
	static const enum bus_verdict verdicts[] = { BUS_UNSENT, BUS_DELAYED, BUS_REFUSED };
	g_autoptr(Config) config = config_for_test();

	for (size_t i = 0; i < G_N_ELEMENTS(verdicts); i++) {
		start(state);
		insert_rejected(*state, 10 + 2 * (unsigned)i);
		insert_rejected(*state, 11 + 2 * (unsigned)i);
		script = (struct script){
			.seq = 1,
			.verdict = verdicts[i],
			.build_id = fixture_number(*state, "SELECT MIN(build_id) FROM outbox"),
		};
		if (verdicts[i] == BUS_UNSENT)
			script.is_away = true, script.seq = 2;
		announce_to(*state, config, "a", &scripted);
		heard_are(*state, verdicts[i] == BUS_UNSENT ? "1" : "",
			  verdicts[i] == BUS_UNSENT ? "1" : "12");
		script.seq = 0;
		rest_is_over(*state);
		fixture_run(*state, "UPDATE outbox SET next_try_at = NULL");
		announce_to(*state, config, "a", &scripted);
		heard_are(*state, verdicts[i] == BUS_UNSENT ? "2" : "12",
			  verdicts[i] == BUS_UNSENT ? "2" : "");
		assert_int_equal(unsent(*state), 0);
	}
}

static void a_delayed_message_is_never_dead_and_waits_longer_each_time(void **state)
{
	g_autoptr(Config) config = config_for_test();

	insert_rejected(*state, 20);
	script = (struct script){ .seq = 1, .verdict = BUS_DELAYED };
	for (unsigned i = 0; i < 20; i++) {
		announce_to(*state, config, "a", &scripted);
		assert_int_equal(
			fixture_number(
				*state,
				"SELECT TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), next_try_at) "
				">= LEAST(600, POW(2, tries - 1)) * 790000 - 500000 "
				"FROM outbox WHERE seq = 1"),
			1);
		rest_is_over(*state);
		fixture_run(*state, "UPDATE outbox SET next_try_at = NULL");
	}
	assert_int_equal(fixture_number(*state, "SELECT tries FROM outbox WHERE seq = 1"), 20);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(dead_at) FROM outbox"), 0);
}

static void a_bus_that_says_nothing_is_not_asked_again_at_once(void **state)
{
	g_autoptr(Config) config = config_for_test();

	insert_rejected(*state, 36);
	script = (struct script){ .seq = 1, .verdict = BUS_UNSENT };
	assert_int_equal(announce_to(*state, config, "a", &scripted), 0);
	assert_int_equal(waves, 1);
	assert_int_equal(fixture_number(*state, "SELECT failures FROM leases"), 1);
	assert_int_equal(unsent(*state), 2);
}

static void is_counted(const char *folder, const char *verdict)
{
	g_autoptr(MeterSums) sums = meter_sums_read(folder);
	g_autoptr(GString) said = g_string_new(NULL);
	g_autofree char *line = g_strdup_printf("\nrida_messages_total{verdict=%s\n", verdict);

	meter_sums_print(sums, said);
	assert_non_null(strstr(said->str, line));
}

static void a_message_is_counted_as_refused_until_it_is_dead(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autofree char *folder = g_build_filename(g_getenv("T"), "meters", NULL);

	assert_int_equal(g_mkdir(folder, 0755), 0);
	assert_true(meter_open(folder, "test", NULL));
	config->bus_tries = 3;
	insert_rejected(*state, 35);
	script = (struct script){ .seq = 1, .verdict = BUS_REFUSED };
	for (unsigned i = 0; i < 3; i++) {
		announce_to(*state, config, "a", &scripted);
		fixture_run(*state, "UPDATE outbox SET next_try_at = NULL");
	}
	is_counted(folder, "\"refused\"} 2");
	is_counted(folder, "\"dead\"} 1");
	is_counted(folder, "\"accepted\"} 1");
	meter_close();
}

static void delays_are_no_refusals(void **state)
{
	g_autoptr(Config) config = config_for_test();

	config->bus_tries = 2;
	insert_rejected(*state, 37);
	for (unsigned i = 0; i < 5; i++) {
		script = (struct script){ .seq = 1, .verdict = i < 3 ? BUS_DELAYED : BUS_REFUSED };
		assert_int_equal(fixture_number(*state, "SELECT COUNT(dead_at) FROM outbox"), 0);
		announce_to(*state, config, "a", &scripted);
		rest_is_over(*state);
		fixture_run(*state, "UPDATE outbox SET next_try_at = NULL");
	}
	assert_int_equal(fixture_number(*state, "SELECT COUNT(dead_at) FROM outbox"), 1);
	assert_int_equal(fixture_number(*state, "SELECT tries FROM outbox WHERE seq = 1"), 5);
}

static void a_dead_message_holds_up_nothing(void **state)
{
	g_autoptr(Config) config = config_for_test();

	config->bus_tries = 2;
	insert_rejected(*state, 21);
	script = (struct script){ .seq = 1, .verdict = BUS_REFUSED };
	announce_to(*state, config, "a", &scripted);
	heard_are(*state, "", "");
	fixture_run(*state, "UPDATE outbox SET next_try_at = NULL");
	announce_to(*state, config, "a", &scripted);
	heard_are(*state, "2", "");
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM outbox WHERE dead_at IS NOT "
						"NULL AND sent_at IS NULL AND problem = 'as told'"),
			 1);
	start(state);
	insert_rejected(*state, 22);
	script = (struct script){ .seq = 1, .verdict = BUS_UNFIT };
	announce_to(*state, config, "a", &scripted);
	heard_are(*state, "2", "");
	assert_int_equal(fixture_number(*state, "SELECT COUNT(dead_at) FROM outbox"), 1);
}

static void only_one_drain_sends_at_a_time(void **state)
{
	g_autoptr(Config) config = config_for_test();
	GError *error = NULL;
	bool is_ours;

	insert_rejected(*state, 4);
	assert_good(outbox_store_take(*state, "other", NULL, 60, &is_ours, &error));
	assert_true(is_ours);
	assert_int_equal(announce(*state, config, "a"), 0);
	assert_int_equal(unsent(*state), 2);
	assert_good(outbox_store_take(*state, "a", "nobody", 60, &is_ours, &error));
	assert_false(is_ours);
	assert_good(outbox_store_give_back(*state, "other", &error));
	assert_int_equal(announce(*state, config, "a"), 2);
}

static void a_holder_that_is_gone_is_not_waited_for(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autofree char *self = holder_self();
	g_auto(GStrv) parts = g_strsplit(self, " ", 0);
	g_autofree char *gone = g_strjoin(" ", parts[0], parts[1], "4194305", "1", NULL);
	GError *error = NULL;
	bool is_ours;

	insert_rejected(*state, 5);
	assert_good(outbox_store_take(*state, gone, NULL, 60, &is_ours, &error));
	assert_true(holder_is_gone(gone, self));
	assert_int_equal(announce(*state, config, self), 2);
}

/* Frozen while it had the lease, and awake when another has it. */
static void a_late_holder_gives_no_numbers(void **state)
{
	g_autoptr(Config) config = config_for_test();
	GError *error = NULL;
	uint64_t count = 99;
	bool is_ours;

	assert_good(outbox_store_take(*state, "late", NULL, 60, &is_ours, &error));
	fixture_run(*state, "UPDATE leases SET lease_until = UTC_TIMESTAMP(6) - INTERVAL 1 SECOND");
	insert_rejected(*state, 23);
	assert_good(outbox_store_number(*state, "late", 100, &count, &is_ours, &error));
	assert_false(is_ours);
	assert_int_equal(count, 0);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM events"), 0);
	assert_int_equal(announce(*state, config, "a"), 2);
	assert_good(outbox_store_rest(*state, "late", "whatever", &error));
	assert_int_equal(fixture_number(*state, "SELECT failures FROM leases"), 0);
}

/* Frozen in the middle of a transaction: whoever comes then neither waits nor sends. */
static void a_locked_lease_is_not_waited_for(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Db) other = fixture_open();
	const int64_t began = g_get_monotonic_time();
	g_auto(DbWork) work = { 0 };
	GError *error = NULL;

	insert_rejected(*state, 24);
	assert_good(db_begin(other, &work, &error));
	fixture_number(other, "SELECT failures FROM leases WHERE name = 'outbox' FOR UPDATE");
	assert_int_equal(announce(*state, config, "a"), 0);
	assert_true(g_get_monotonic_time() - began < 3 * G_USEC_PER_SEC);
	db_work_clear(&work);
	assert_int_equal(announce(*state, config, "a"), 2);
}

static void numbers_have_no_gap_whatever_commits_when(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autoptr(Db) other = fixture_open();
	g_autoptr(Build) slow = fixture_build(25, 0);
	g_auto(DbWork) work = { 0 };
	GError *error = NULL;

	assert_good(db_begin(other, &work, &error));
	assert_good(insert(other, slow, &error));
	announce(*state, config, "a");
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM events"), 0);
	assert_good(db_commit(&work, &error));
	insert_rejected(*state, 26);
	announce(*state, config, "a");
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM events"), 3);
	assert_int_equal(fixture_number(*state, "SELECT MAX(event_no) FROM events"), 3);
	assert_int_equal(fixture_number(*state, "SELECT COUNT(*) FROM events JOIN outbox USING "
						"(event_no, build_id, seq, msg_id, body)"),
			 3);
}

static void a_deadline_that_is_over_sends_nothing(void **state)
{
	g_autoptr(Config) config = config_for_test();
	const struct announce_wants wants = { .config = config,
					      .holder = "a",
					      .deadline = g_get_monotonic_time() - 1 };
	GError *error = NULL;
	unsigned sent = 99;

	insert_rejected(*state, 27);
	assert_good(announce_run(*state, &wants, &sent, &error));
	assert_int_equal(sent, 0);
	assert_int_equal(unsent(*state), 2);
}

/* Of one build each wave has one message. */
static void a_long_outbox_is_sent_in_order(void **state)
{
	g_autoptr(Config) config = config_for_test();
	g_autofree char *found = NULL;
	g_auto(GStrv) parts = NULL;

	insert_rejected(*state, 6);
	fixture_run(*state, "INSERT INTO trace (build_id, seq, gen, to_state, reason, actor, at) "
			    "SELECT (SELECT MIN(build_id) FROM outbox), seq, seq, 4, '', 'a', "
			    "UTC_TIMESTAMP(6) FROM seq_3_to_50");
	fixture_run(*state,
		    "INSERT INTO outbox (build_id, seq, msg_id, topic, body, created_at) "
		    "SELECT (SELECT MIN(build_id) FROM outbox), seq, CONCAT('m', seq), 't', '{}', "
		    "UTC_TIMESTAMP(6) FROM seq_3_to_50");
	assert_int_equal(announce(*state, config, "a"), 50);
	found = messages();
	parts = g_strsplit(found, " ", -1);
	assert_int_equal(g_strv_length(parts), 50);
	for (guint i = 0; i < 50; i++) {
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
		cmocka_unit_test_setup(a_long_outbox_is_sent_in_order, start),
		cmocka_unit_test_setup(after_failures_nobody_tries_for_a_while, start),
		cmocka_unit_test_setup(a_message_waits_for_the_earlier_ones_of_its_build_alone,
				       start),
		cmocka_unit_test_setup(a_delayed_message_is_never_dead_and_waits_longer_each_time,
				       start),
		cmocka_unit_test_setup(a_bus_that_says_nothing_is_not_asked_again_at_once, start),
		cmocka_unit_test_setup(a_message_is_counted_as_refused_until_it_is_dead, start),
		cmocka_unit_test_setup(delays_are_no_refusals, start),
		cmocka_unit_test_setup(a_dead_message_holds_up_nothing, start),
		cmocka_unit_test_setup(a_holder_that_is_gone_is_not_waited_for, start),
		cmocka_unit_test_setup(a_late_holder_gives_no_numbers, start),
		cmocka_unit_test_setup(a_locked_lease_is_not_waited_for, start),
		cmocka_unit_test_setup(numbers_have_no_gap_whatever_commits_when, start),
		cmocka_unit_test_setup(without_a_bus_messages_count_as_sent, start),
		cmocka_unit_test_setup(a_message_that_was_not_marked_goes_out_again_with_its_id,
				       start),
		cmocka_unit_test_setup(housekeeping_keeps_to_the_configured_ages, start),
	};
	int failed;

	g_set_prgname("announce");
	message_file = g_build_filename(folder, "messages", NULL);
	heard = g_string_new(NULL);
	failed = cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
	g_unlink(message_file);
	g_rmdir(folder);
	g_free(message_file);
	g_string_free(heard, TRUE);
	return failed;
}

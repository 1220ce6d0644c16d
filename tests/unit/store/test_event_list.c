/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include "store/event_list_store.h"

#define ALL ((struct event_filter){ .by = EVENTS_OF_ALL })

/* Two builds with two events each, taking turns: 1 and 3 are of the first, 2 and 4 of the other. */
static int set_up(void **state)
{
	g_autoptr(Build) one = NULL;
	g_autoptr(Build) other = NULL;
	struct db *db;

	fixture_set_up(state);
	db = *state;
	one = fixture_insert(db, 1, 0);
	other = fixture_insert(db, 2, 0);
	fixture_run(db, "UPDATE builds SET owner = 'bob', gen = gen + 1 WHERE name = 'module-2'");
	fixture_run(db,
		    "INSERT INTO trace (build_id, seq, gen, to_state, reason, actor, at) "
		    "SELECT b.id, s.seq, 1, s.seq, CONCAT('reason ', s.seq), '', NOW(6) "
		    "FROM builds AS b JOIN seq_1_to_2 AS s WHERE b.name = 'module-1' OR s.seq = 1");
	fixture_run(
		db,
		"INSERT INTO events SELECT (s.seq - 1) * 2 + b.id - (SELECT MIN(id) FROM builds) + 1, "
		"b.id, s.seq, b.name, b.owner, UUID(), CONCAT('{\"id\":', b.id, '}'), "
		"'2016-09-03 11:23:20' FROM builds AS b JOIN seq_1_to_2 AS s");
	return 0;
}

/* The numbers of the messages, one digit each. */
static char *numbers(struct db *db, struct event_filter filter, struct event_page page)
{
	g_autoptr(DbRows) rows = NULL;
	g_auto(EventMessage) message = { 0 };
	GString *found = g_string_new(NULL);
	GError *error = NULL;
	int r;

	assert_good(event_list_store_messages(db, &filter, &page, &rows, &error));
	while ((r = db_next(rows, &message, &error)) > 0) {
		g_string_append_printf(found, "%u", (unsigned)message.event_no);
		assert_int_equal(message.newest, 4);
	}
	assert_int_equal(r, 0);
	return g_string_free(found, FALSE);
}

static void events_are_chosen_and_in_order(void **state)
{
	struct db *db = *state;
	const uint64_t id = fixture_number(db, "SELECT id FROM builds WHERE name = 'module-2'");
	const struct {
		struct event_filter filter;
		struct event_page page;
		const char *expected;
	} table[] = {
		{ ALL, { 0, 100, false }, "1234" },
		{ ALL, { 1, 2, false }, "23" },
		{ ALL, { 4, 100, false }, "" },
		{ ALL, { UINT64_MAX, 100, false }, "" },
		{ ALL, { UINT64_MAX, 3, true }, "432" },
		{ ALL, { 3, 100, true }, "21" },
		{ ALL, { 0, 100, true }, "" },
		{ { EVENTS_OF_MODULE, "module-1", 0 }, { 0, 100, false }, "13" },
		{ { EVENTS_OF_MODULE, "MODULE-1", 0 }, { 0, 100, false }, "" },
		{ { EVENTS_OF_MODULE, "module-2", 0 }, { 2, 100, false }, "4" },
		{ { EVENTS_OF_OWNER, "bob", 0 }, { UINT64_MAX, 100, true }, "42" },
		{ { EVENTS_OF_OWNER, "", 0 }, { 0, 100, false }, "" },
		{ { EVENTS_OF_BUILD, NULL, id }, { 0, 100, false }, "24" },
		{ { EVENTS_OF_BUILD, NULL, id }, { 4, 100, true }, "2" },
		{ { EVENTS_OF_BUILD, NULL, id + 1 }, { 0, 100, false }, "" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(table); i++) {
		g_autofree char *found = numbers(db, table[i].filter, table[i].page);

		assert_string_equal(found, table[i].expected);
	}
}

static void a_message_is_whole(void **state)
{
	struct db *db = *state;
	const struct event_filter filter = ALL;
	const struct event_page page = { .edge = 2, .limit = 1 };
	g_autofree char *body = NULL;
	g_autoptr(DbRows) rows = NULL;
	g_auto(EventMessage) message = { 0 };
	uint64_t id = fixture_number(db, "SELECT id FROM builds WHERE name = 'module-1'");
	GError *error = NULL;

	assert_good(event_list_store_messages(db, &filter, &page, &rows, &error));
	assert_int_equal(db_next(rows, &message, &error), 1);
	body = g_strdup_printf("{\"id\":%u}", (unsigned)id);
	assert_string_equal(message.body, body);
	assert_int_equal(strlen(message.msg_id), 36);
	assert_int_equal(message.at, INT64_C(1472901800) * G_USEC_PER_SEC);
}

static void facts_are_those_of_build_and_trace(void **state)
{
	struct db *db = *state;
	const struct event_filter filter = ALL;
	const struct event_page page = { .edge = UINT64_MAX, .limit = 100, .is_descending = true };
	g_autoptr(GPtrArray) events = NULL;
	const struct event_facts *facts;
	GError *error = NULL;

	assert_good(event_list_store_facts(db, &filter, &page, &events, &error));
	assert_int_equal(events->len, 4);
	facts = events->pdata[1];
	assert_int_equal(facts->event_no, 3);
	assert_string_equal(facts->name, "module-1");
	assert_string_equal(facts->stream, "master");
	assert_string_equal(facts->owner, "alice");
	assert_int_equal(facts->version, UINT64_C(20260101000000));
	assert_int_equal(facts->state, BUILD_BUILD);
	assert_string_equal(facts->reason, "reason 2");
	/* What the trace does not have, an event has all the same. */
	facts = events->pdata[0];
	assert_int_equal(facts->event_no, 4);
	assert_int_equal(facts->state, -1);
	assert_null(facts->reason);
}

static void the_newest_is_known(void **state)
{
	struct db *db = *state;
	uint64_t newest;
	GError *error = NULL;

	assert_good(event_list_store_newest(db, &newest, &error));
	assert_int_equal(newest, 4);
	fixture_run(db, "DELETE FROM events");
	assert_good(event_list_store_newest(db, &newest, &error));
	assert_int_equal(newest, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_are_chosen_and_in_order),
		cmocka_unit_test(a_message_is_whole),
		cmocka_unit_test(facts_are_those_of_build_and_trace),
		cmocka_unit_test(the_newest_is_known),
	};

	g_set_prgname("event_list");
	return cmocka_run_group_tests_name("event_list", tests, set_up, fixture_tear_down);
}

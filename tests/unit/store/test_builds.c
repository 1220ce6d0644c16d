/* SPDX-License-Identifier: MIT */
#include "tests/unit/store/fixture.h"

#include <string.h>

#include "store/event_store.h"
#include "store/outbox_store.h"
#include "store/list_store.h"
#include "store/request_store.h"

#define HOLDER "host boot 1 1"

static struct fence fence_of(const struct claim *claim)
{
	return (struct fence){ .holder = HOLDER, .token = claim->token };
}

static void an_inserted_build_is_read_as_it_was(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 1, 3);
	g_autoptr(GPtrArray) loaded = NULL;
	struct component *component;
	const struct build *same;
	GError *error = NULL;

	component = g_ptr_array_index(build->components, 2);
	assert_true(component->id > 0);
	assert_good(build_store_load_many(db, &build->id, 1, &loaded, &error));
	assert_int_equal(loaded->len, 1);
	same = g_ptr_array_index(loaded, 0);
	assert_string_equal(same->name, build->name);
	assert_string_equal(same->uuid, build->uuid);
	assert_int_equal(same->version, build->version);
	assert_int_equal(same->gen, 1);
	assert_true(same->submitted_at > 0);
	assert_int_equal(same->completed_at, 0);
	assert_int_equal(same->components->len, 3);
	component = g_ptr_array_index(same->components, 2);
	assert_string_equal(component->name, "component-002");
	assert_int_equal(component->state, COMPONENT_WAITING);
	assert_int_equal(component->task_state, TASK_NONE);
	assert_null(component->nvr);
	assert_true(component->weight > 1.4 && component->weight < 1.6);
}

static void a_build_is_tracked_once(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 2, 1);
	g_autoptr(Build) again = fixture_build(2, 1);
	GError *error = NULL;

	{
		g_auto(DbWork) work = { NULL };

		assert_good(db_begin(db, &work, &error));
		assert_fails(build_store_insert(db, again, &error), RIDA_ERROR_CONFLICT);
	}
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM builds WHERE name = 'module-2'"),
			 1);
}

static void a_name_in_other_letters_or_with_a_blank_is_another_name(void **state)
{
	static const char *const names[] = { "abc", "ABC", "abc " };
	struct db *db = *state;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Build) build = fixture_build(3, 1);
		g_auto(DbWork) work = { NULL };

		text_set(&build->name, names[i]);
		assert_good(db_begin(db, &work, &error));
		assert_good(build_store_insert(db, build, &error));
		assert_good(db_commit(&work, &error));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autoptr(Build) like = fixture_build(3, 0);
		g_autoptr(Build) found = NULL;

		text_set(&like->name, names[i]);
		assert_good(build_store_find_nsvc(db, like, &found, &error));
		assert_string_equal(found->name, names[i]);
	}
}

static void a_save_writes_build_components_and_view(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 4, 100);
	const struct claim claim = fixture_claim(db, build->id, HOLDER);
	const struct fence fence = fence_of(&claim);
	struct component *component = g_ptr_array_index(build->components, 7);
	g_autofree char *tasks = NULL;
	struct build_row row = { 0 };
	GError *error = NULL;

	build->batch = 2;
	component->state = COMPONENT_BUILDING;
	component->task_id = 4711;
	component->task_state = TASK_OPEN;
	component->is_changed = true;
	tasks = build_tasks_json(build);
	assert_good(fixture_save(db, build, &fence, &error));
	assert_int_equal(build->gen, 2);
	assert_false(component->is_changed);
	assert_good(list_store_find(db, build->id, ROW_WHOLE, &row, &error));
	assert_int_equal(row.build.gen, 2);
	assert_int_equal(row.build.batch, 2);
	assert_int_equal(row.view_gen, 2);
	assert_string_equal(row.tasks, tasks);
	assert_non_null(strstr(row.tasks, "4711"));
	build_row_clear(&row);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM components WHERE task_id = 4711"),
			 1);
}

static void a_view_stays_good_when_no_component_changes(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 5, 2);
	const struct claim claim = fixture_claim(db, build->id, HOLDER);
	const struct fence fence = fence_of(&claim);
	struct build_row row = { 0 };
	GError *error = NULL;

	build->is_prepared = true;
	assert_good(fixture_save(db, build, &fence, &error));
	assert_good(list_store_find(db, build->id, ROW_WHOLE, &row, &error));
	assert_int_equal(row.view_gen, row.build.gen);
	build_row_clear(&row);
}

struct race {
	const char *spoil; /* what happens in between; %lu is the build */
};

static void the_loser_of_a_race_gets_conflict_and_changes_nothing(void **state)
{
	static const struct race races[] = {
		{ "UPDATE builds SET gen = gen + 1 WHERE id = %" G_GUINT64_FORMAT },
		{ "UPDATE claims SET token = token + 1 WHERE build_id = %" G_GUINT64_FORMAT },
		{ "UPDATE claims SET holder = 'other' WHERE build_id = %" G_GUINT64_FORMAT },
		{ "UPDATE claims SET lease_until = UTC_TIMESTAMP(6) WHERE build_id = %" G_GUINT64_FORMAT },
		{ "DELETE FROM claims WHERE build_id = %" G_GUINT64_FORMAT },
	};
	struct db *db = *state;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(races); i++) {
		g_autoptr(Build) build = fixture_insert(db, 10 + (unsigned)i, 2);
		const struct claim claim = fixture_claim(db, build->id, HOLDER);
		const struct fence fence = fence_of(&claim);
		struct component *component = g_ptr_array_index(build->components, 0);
		g_autoptr(GString) spoil = g_string_new(NULL);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		g_string_printf(spoil, races[i].spoil, build->id);
#pragma GCC diagnostic pop
		fixture_run(db, spoil->str);
		component->state = COMPONENT_COMPLETE;
		component->is_changed = true;
		build->is_finished = true;
		assert_fails(fixture_save(db, build, &fence, &error), RIDA_ERROR_CONFLICT);
	}
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM builds WHERE is_finished"), 0);
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM components WHERE state = 1"), 0);
}

static void illegal_changes_are_refused_by_the_database(void **state)
{
	static const struct {
		int from, to;
		bool is_legal;
	} edges[] = {
		{ 0, 1, true },  { 0, 4, true },  { 1, 2, true },  { 1, 4, true },  { 2, 3, true },
		{ 2, 4, true },  { 3, 5, true },  { 4, 0, true },  { 4, 1, true },  { 4, 6, true },
		{ 5, 6, true },  { 0, 2, false }, { 0, 5, false }, { 1, 0, false }, { 1, 3, false },
		{ 2, 0, false }, { 2, 1, false }, { 2, 5, false }, { 3, 4, false }, { 3, 2, false },
		{ 4, 2, false }, { 4, 5, false }, { 5, 4, false }, { 6, 0, false }, { 6, 4, false },
	};
	struct db *db = *state;
	g_autoptr(Build) build = NULL;
	GError *error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(edges); i++) {
		g_autoptr(Build) fresh = fixture_build(100 + (unsigned)i, 0);
		g_auto(DbWork) work = { NULL };
		bool good;

		fresh->state = (enum build_state)edges[i].from;
		assert_good(db_begin(db, &work, &error));
		assert_good(build_store_insert(db, fresh, &error));
		good = db_execute(
			db,
			SQL("UPDATE builds SET state = ?, gen = gen + 1, event_seq = event_seq + 1 "
			    "WHERE id = ?"),
			DB_ARGS(DB_I64(edges[i].to), DB_U64(fresh->id)), NULL, NULL, &error);
		if (good != edges[i].is_legal)
			print_error("%d to %d\n", edges[i].from, edges[i].to);
		assert_int_equal(good, edges[i].is_legal);
		g_clear_error(&error);
	}
	build = fixture_insert(db, 200, 0);
	assert_fails(db_execute(db, SQL("UPDATE builds SET batch = 1 WHERE id = ?"),
				DB_ARGS(DB_U64(build->id)), NULL, NULL, &error),
		     RIDA_ERROR_INTERNAL);
	assert_fails(db_execute(db, SQL("UPDATE builds SET state = 1, gen = gen + 1 WHERE id = ?"),
				DB_ARGS(DB_U64(build->id)), NULL, NULL, &error),
		     RIDA_ERROR_INTERNAL);
}

static void counters_agree_with_the_rows(void **state)
{
	static const struct {
		int state;
		const char *name;
	} names[] = { { 0, "init" }, { 1, "wait" }, { 2, "build" }, { 4, "failed" } };
	struct db *db = *state;
	g_autoptr(Build) moved = fixture_insert(db, 300, 1);
	const struct claim claim = fixture_claim(db, moved->id, HOLDER);
	const struct fence fence = fence_of(&claim);
	struct list_summary before, now;
	GError *error = NULL;

	assert_good(list_store_summary(db, &BUILD_FILTER_ANY, &before, &error));
	moved->state = BUILD_WAIT;
	moved->event_seq++;
	assert_good(fixture_save(db, moved, &fence, &error));
	moved->state = BUILD_BUILD;
	moved->event_seq++;
	assert_good(fixture_save(db, moved, &fence, &error));
	assert_good(list_store_summary(db, &BUILD_FILTER_ANY, &now, &error));
	assert_int_equal(now.changes, before.changes + 2);
	assert_int_equal(now.total, fixture_number(db, "SELECT COUNT(*) FROM builds"));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct build_filter filter = BUILD_FILTER_ANY;
		g_autofree char *count = g_strdup_printf(
			"SELECT COUNT(*) FROM builds WHERE state = %d", names[i].state);

		filter.state = names[i].state;
		assert_good(list_store_summary(db, &filter, &now, &error));
		assert_int_equal(now.total, fixture_number(db, count));
		assert_true(now.is_exact);
	}
}

static unsigned list_length(struct db *db, const struct build_filter *filter,
			    const struct build_page *page, uint64_t *ret_first)
{
	g_autoptr(DbRows) rows = NULL;
	struct build_row row = { 0 };
	unsigned length = 0;
	GError *error = NULL;
	int got;

	assert_good(list_store_select(db, filter, page, &rows, &error));
	while ((got = db_next(rows, &row, &error)) > 0) {
		if (!length++)
			*ret_first = row.build.id;
		if (page->with_tasks)
			assert_non_null(row.tasks);
	}
	assert_int_equal(got, 0);
	build_row_clear(&row);
	return length;
}

static void lists_are_filtered_and_paged(void **state)
{
	struct db *db = *state;
	struct build_filter filter = BUILD_FILTER_ANY;
	struct build_page page = { 0 };
	uint64_t first = 0;
	uint64_t smallest = fixture_number(db, "SELECT MIN(id) FROM builds");
	uint64_t largest = fixture_number(db, "SELECT MAX(id) FROM builds");
	uint64_t all = fixture_number(db, "SELECT COUNT(*) FROM builds");

	assert_int_equal(list_length(db, &filter, &page, &first), all);
	assert_int_equal(first, smallest);
	page = (struct build_page){ .limit = 3, .is_descending = true, .with_tasks = true };
	assert_int_equal(list_length(db, &filter, &page, &first), 3);
	assert_int_equal(first, largest);
	page = (struct build_page){ .limit = 3, .offset = all - 1 };
	assert_int_equal(list_length(db, &filter, &page, &first), 1);
	assert_int_equal(first, largest);
	page = (struct build_page){ .limit = 3, .offset = UINT64_MAX };
	assert_int_equal(list_length(db, &filter, &page, &first), 0);
	page = (struct build_page){ .limit = 100 };
	filter.name = "module-1";
	filter.owner = "alice";
	filter.submitted_after = 1;
	filter.modified_before = G_GINT64_CONSTANT(4102444800000000);
	assert_int_equal(list_length(db, &filter, &page, &first), 1);
	filter.stream = "other";
	assert_int_equal(list_length(db, &filter, &page, &first), 0);
}

static void a_request_makes_its_build_due(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 400, 1);
	const uint64_t id = build->id;
	g_autoptr(GPtrArray) open = NULL;
	const struct request *request;
	bool is_open;
	GError *error = NULL;

	fixture_run(db, "UPDATE claims SET due_at = NULL");
	assert_good(request_store_insert(db, id, REQUEST_CANCEL, "alice", &error));
	assert_int_equal(fixture_number(db, "SELECT COUNT(*) FROM claims WHERE due_at IS NOT NULL"),
			 1);
	assert_good(request_store_is_open(db, id, REQUEST_CANCEL, &is_open, &error));
	assert_true(is_open);
	assert_good(request_store_open(db, &id, 1, &open, &error));
	assert_int_equal(open->len, 1);
	request = g_ptr_array_index(open, 0);
	assert_string_equal(request->caller, "alice");
	assert_good(request_store_close(db, request->id, "done", &error));
	assert_good(request_store_is_open(db, id, REQUEST_CANCEL, &is_open, &error));
	assert_false(is_open);
	assert_fails(request_store_insert(db, 999999, REQUEST_CANCEL, "alice", &error),
		     RIDA_ERROR_MISSING);
}

static void an_event_is_written_once(void **state)
{
	struct db *db = *state;
	g_autoptr(Build) build = fixture_insert(db, 500, 1);
	const struct event event = {
		.build = build,
		.from_state = -1,
		.actor = "alice",
		.msg_id = "00000000-0000-0000-0000-000000000001",
		.body = "{}",
	};
	g_autoptr(GPtrArray) unsent = NULL;
	g_autoptr(DbRows) rows = NULL;
	struct trace_row trace = { 0 };
	uint64_t numbered;
	bool is_ours;
	GError *error = NULL;

	assert_good(event_store_insert(db, &event, &error));
	assert_fails(event_store_insert(db, &event, &error), RIDA_ERROR_CONFLICT);
	assert_good(trace_store_select(db, build->id, &rows, &error));
	assert_int_equal(db_next(rows, &trace, &error), 1);
	assert_int_equal(trace.from_state, -1);
	assert_string_equal(trace.actor, "alice");
	assert_int_equal(db_next(rows, &trace, &error), 0);
	trace_row_clear(&trace);
	assert_good(outbox_store_take(db, "one", NULL, 60, &is_ours, &error));
	assert_true(is_ours);
	assert_good(outbox_store_take(db, "two", NULL, 60, &is_ours, &error));
	assert_false(is_ours);
	assert_good(outbox_store_number(db, "one", 10, &numbered, &is_ours, &error));
	assert_true(is_ours && numbered == 1);
	assert_good(outbox_store_wave(db, 10, &unsent, &error));
	assert_int_equal(unsent->len, 1);
	assert_good(outbox_store_give_back(db, "one", &error));
	assert_good(outbox_store_take(db, "two", NULL, 60, &is_ours, &error));
	assert_true(is_ours);
	assert_good(outbox_store_mark_sent(
		db, &((struct outbox_row *)g_ptr_array_index(unsent, 0))->id, 1, &error));
	g_clear_pointer(&unsent, g_ptr_array_unref);
	assert_good(outbox_store_wave(db, 10, &unsent, &error));
	assert_int_equal(unsent->len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_inserted_build_is_read_as_it_was),
		cmocka_unit_test(a_build_is_tracked_once),
		cmocka_unit_test(a_name_in_other_letters_or_with_a_blank_is_another_name),
		cmocka_unit_test(a_save_writes_build_components_and_view),
		cmocka_unit_test(a_view_stays_good_when_no_component_changes),
		cmocka_unit_test(the_loser_of_a_race_gets_conflict_and_changes_nothing),
		cmocka_unit_test(illegal_changes_are_refused_by_the_database),
		cmocka_unit_test(counters_agree_with_the_rows),
		cmocka_unit_test(lists_are_filtered_and_paged),
		cmocka_unit_test(a_request_makes_its_build_due),
		cmocka_unit_test(an_event_is_written_once),
	};

	g_set_prgname("builds");
	return cmocka_run_group_tests_name("builds", tests, fixture_set_up, fixture_tear_down);
}

/* SPDX-License-Identifier: MIT */
/*
 * What a comparison of rows and build systems says, over a real database, with build systems that
 * know what they are told. Run by run-flow, which starts the server.
 */
#include "tests/unit/store/fixture.h"

#include <inttypes.h>
#include <string.h>

#include "flow/builders.h"
#include "flow/reconcile.h"
#include "model/names.h"

/* ---- build systems, in place of those of flow/builders.c ------------------------------------ */

struct system {
	struct builder base;
	const char *name;
	struct survey survey;
	bool is_shut;    /* it cannot be opened */
	bool is_away;    /* it fails after it has said all that it knows */
	unsigned asked;  /* so often */
	int64_t since;   /* what it was asked for */
	GString *builds; /* names of the builds whose tags were asked for */
};
static struct system systems[] = { { .name = "first" }, { .name = "second" } };
#define FIRST  (&systems[0])
#define SECOND (&systems[1])

static bool scripted_survey(struct builder *builder, const struct survey_wants *wants,
			    struct survey *ret, GError **error)
{
	struct system *system = (struct system *)(void *)builder;
	GHashTableIter tags;
	gpointer uuid, nvrs;

	system->asked++;
	system->since = wants->since;
	for (guint i = 0; i < wants->builds->len; i++)
		g_string_append_printf(system->builds, "%s ",
				       ((const struct build *)wants->builds->pdata[i])->name);
	for (guint i = 0; i < system->survey.tasks->len; i++)
		survey_add(ret, system->survey.tasks->pdata[i]);
	g_hash_table_iter_init(&tags, system->survey.tagged);
	while (g_hash_table_iter_next(&tags, &uuid, &nvrs)) {
		GHashTable *copy = survey_tagged(ret, uuid);
		GHashTableIter all;
		gpointer nvr;

		g_hash_table_iter_init(&all, nvrs);
		while (g_hash_table_iter_next(&all, &nvr, NULL))
			g_hash_table_add(copy, g_strdup(nvr));
	}
	return !system->is_away || fail(error, RIDA_ERROR_UNAVAILABLE, "it is away");
}

static const struct builder_ops scripted = { .name = "scripted", .survey = scripted_survey };

struct builders {
	struct system *systems;
};

struct builders *builders_new(const struct config *config G_GNUC_UNUSED)
{
	struct builders *builders = g_new(struct builders, 1);

	builders->systems = systems;
	return builders;
}

void builders_free(struct builders *builders)
{
	g_free(builders);
}

struct builder *builders_get(struct builders *builders, const char *name, GError **error)
{
	for (size_t i = 0; i < G_N_ELEMENTS(systems); i++) {
		struct system *system = &builders->systems[i];

		if (strcmp(system->name, name) == 0 && !system->is_shut)
			return &system->base;
	}
	fail(error, RIDA_ERROR_UNSUPPORTED, "there is no %s", name);
	return NULL;
}

/* ---- rows, tasks and what is expected ------------------------------------------------------- */

static GPtrArray *expected;

static void clear_system(struct system *system)
{
	system->is_shut = system->is_away = false;
	system->asked = 0;
	survey_clear(&system->survey);
	if (system->builds)
		g_string_free(system->builds, TRUE);
	system->builds = NULL;
}

/* What earlier tests have left belongs to no build system. */
static int start(void **state)
{
	fixture_run(*state, "UPDATE builds SET builder = '', gen = gen + 1");
	for (size_t i = 0; i < G_N_ELEMENTS(systems); i++) {
		systems[i].base.ops = &scripted;
		survey_init(&systems[i].survey);
		systems[i].builds = g_string_new(NULL);
	}
	expected = g_ptr_array_new_with_free_func(g_free);
	return 0;
}

static int end(void **state)
{
	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(systems); i++)
		clear_system(&systems[i]);
	g_ptr_array_unref(expected);
	return 0;
}

static struct build *build_in(struct db *db, const struct system *system, enum build_state state)
{
	static unsigned number;
	struct build *build = fixture_build(++number, 2);
	GError *error = NULL;
	g_auto(DbWork) work = { NULL };

	text_set(&build->builder, system->name);
	build->state = state;
	assert_good(db_begin(db, &work, &error));
	assert_good(build_store_insert(db, build, &error));
	assert_good(db_commit(&work, &error));
	return build;
}

G_GNUC_PRINTF(2, 3) static void run(struct db *db, const char *format, ...)
{
	g_autofree char *sql = NULL;
	va_list arguments;

	va_start(arguments, format);
	sql = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	fixture_run(db, sql);
}

/* The component of that name is at this attempt. */
struct tried {
	uint32_t number;
	int state; /* enum component_state */
	uint64_t task_id;
	bool is_open;
};

static const char component[] = "component-000";

static char *key_of(const struct build *build, uint32_t number)
{
	return idempotency_key(build->uuid, component, "submit", number);
}

static void try(struct db *db, const struct build *build, const struct tried *tried)
{
	g_autofree char *key = key_of(build, tried->number);

	run(db,
	    "UPDATE components SET attempt = %u, state = NULLIF(%d, -1), task_id = %" PRIu64
	    " WHERE build_id = %" PRIu64 " AND name = '%s'",
	    tried->number, tried->state, tried->task_id, build->id, component);
	run(db,
	    "INSERT INTO attempts (build_id, component_id, attempt, epoch, idem_key, task_id, state, "
	    "state_reason, started_at, finished_at) SELECT build_id, id, attempt, 1, '%s', task_id, "
	    "state, '', UTC_TIMESTAMP(6), %s FROM components WHERE build_id = %" PRIu64
	    " AND name = '%s'",
	    key, tried->is_open ? "NULL" : "UTC_TIMESTAMP(6)", build->id, component);
}

/* The build system has that task of that attempt. */
static void know(struct system *system, const struct build *build, uint32_t number,
		 uint64_t task_id, enum task_state state)
{
	g_autofree char *key = key_of(build, number);
	const struct survey_task task = { .key = key, .task_id = task_id, .state = state };

	survey_add(&system->survey, &task);
}

G_GNUC_PRINTF(1, 2) static void expect(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(expected, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *joined(GPtrArray *sentences)
{
	g_ptr_array_sort(sentences, by_text);
	g_ptr_array_add(sentences, NULL);
	return g_strjoinv("\n", (char **)sentences->pdata);
}

/* The comparison says what is expected, in any order, and writes nothing: it could not. */
static void compare(struct db *db)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(Config) config = config_new();
	g_autofree char *found = NULL;
	g_autofree char *wanted = NULL;
	GError *error = NULL;

	fixture_run(db, "SET SESSION TRANSACTION READ ONLY");
	assert_good(reconcile_check(db, config, sentences, &error));
	fixture_run(db, "SET SESSION TRANSACTION READ WRITE");
	found = joined(sentences);
	wanted = joined(expected);
	assert_string_equal(found, wanted);
	g_ptr_array_set_size(expected, 0);
}

/* ---- tasks ---------------------------------------------------------------------------------- */

static void rows_and_tasks_that_agree_are_not_mentioned(void **state)
{
	static const struct {
		struct tried tried;
		enum task_state task;
	} cases[] = {
		{ { 1, COMPONENT_BUILDING, 7, true }, TASK_OPEN },
		{ { 1, COMPONENT_BUILDING, 7, true }, TASK_CLOSED }, /* its row is to come */
		{ { 1, COMPONENT_BUILDING, 7, true }, TASK_FAILED },
		{ { 1, COMPONENT_BUILDING, 0, true }, TASK_FREE }, /* so is its number */
		{ { 3, COMPONENT_COMPLETE, 7, false }, TASK_CLOSED },
		{ { 1, COMPONENT_COMPLETE, 0, false }, TASK_CLOSED },
		{ { 1, COMPONENT_FAILED, 7, false }, TASK_FAILED },
		{ { 1, COMPONENT_FAILED, 7, false }, TASK_CANCELED },
		{ { 1, COMPONENT_FAILED, 7, false }, TASK_CLOSED },
		{ { 1, COMPONENT_CANCELED, 7, false }, TASK_CANCELED },
		{ { 1, COMPONENT_CANCELED, 7, false }, TASK_CLOSED }, /* it was too late */
		{ { 1, COMPONENT_DELETED, 7, false }, TASK_CLOSED },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);

		try(*state, build, &cases[i].tried);
		know(FIRST, build, cases[i].tried.number, 7, cases[i].task);
	}
	compare(*state);
	assert_int_equal(FIRST->asked, 1);
	assert_int_equal(SECOND->asked, 0);
}

static void an_ended_attempt_whose_task_says_otherwise_is_told(void **state)
{
	static const struct {
		enum component_state state;
		enum task_state task;
		const char *words;
	} cases[] = {
		{ COMPONENT_COMPLETE, TASK_OPEN, "complete, but its task 7 in first (open)" },
		{ COMPONENT_COMPLETE, TASK_FAILED, "complete, but its task 7 in first (failed)" },
		{ COMPONENT_COMPLETE, TASK_CANCELED,
		  "complete, but its task 7 in first (canceled)" },
		{ COMPONENT_FAILED, TASK_OPEN, "failed, but its task 7 in first (open)" },
		{ COMPONENT_FAILED, TASK_ASSIGNED, "failed, but its task 7 in first (assigned)" },
		{ COMPONENT_CANCELED, TASK_FREE, "canceled, but its task 7 in first (free)" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = build_in(*state, FIRST, BUILD_FAILED);
		const struct tried tried = { 2, (int)cases[i].state, 7, false };

		try(*state, build, &tried);
		know(FIRST, build, 2, 7, cases[i].task);
		expect("build %" PRIu64 ": attempt 2 of component %s is %s", build->id, component,
		       cases[i].words);
	}
	compare(*state);
}

static void another_task_with_an_attempts_key_was_built_twice(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
	g_autofree char *key = key_of(build, 1);
	const struct tried tried = { 1, COMPONENT_BUILDING, 7, true };
	const struct survey_task task = { key, 8, TASK_OPEN, (char *)(uintptr_t)component,
					  (char *)(uintptr_t) "a-target" };

	try(*state, build, &tried);
	survey_add(&FIRST->survey, &task);
	expect("build %" PRIu64 ": attempt 1 of component %s has task 7, but the task 8 of %s for "
	       "a-target in first (open) has its key: it was built twice",
	       build->id, component, component);
	compare(*state);
}

static void of_tasks_with_one_key_the_one_that_counts_is_compared(void **state)
{
	static const struct {
		enum task_state first, second;
		bool is_twice;
	} cases[] = {
		{ TASK_FAILED, TASK_CLOSED, false },   { TASK_CLOSED, TASK_FAILED, false },
		{ TASK_CANCELED, TASK_CLOSED, false }, { TASK_CLOSED, TASK_CANCELED, false },
		{ TASK_CLOSED, TASK_OPEN, true },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
		const bool is_second = cases[i].first != TASK_CLOSED;
		const struct tried tried = { 1, COMPONENT_COMPLETE, is_second ? 22 : 11, false };

		try(*state, build, &tried);
		know(FIRST, build, 1, 11, cases[i].first);
		know(FIRST, build, 1, 22, cases[i].second);
		if (cases[i].is_twice)
			expect("the task 22 in first (open) has the key of task 11, too: it was "
			       "built twice");
	}
	compare(*state);
}

/* Keys are looked up some at a time; that is not to be seen. */
static void tasks_with_one_key_may_be_far_apart(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
	g_autoptr(Build) other = build_in(*state, FIRST, BUILD_BUILD);
	const struct tried tried = { 1, COMPONENT_COMPLETE, 11, false };

	try(*state, build, &tried);
	try(*state, other, &tried);
	know(FIRST, build, 1, 11, TASK_CLOSED);
	know(FIRST, other, 1, 11, TASK_CLOSED);
	for (unsigned i = 0; i < 1500; i++) {
		g_autofree char *key = g_strdup_printf("%032u", i);
		const struct survey_task task = { .key = key,
						  .task_id = 100 + i,
						  .state = TASK_FAILED };

		survey_add(&FIRST->survey, &task);
		expect("the task %u in first (failed) belongs to no build here: its build is lost, "
		       "or somebody else uses the same account (key %032u)",
		       100 + i, i);
	}
	know(FIRST, build, 1, 22, TASK_FAILED);
	know(FIRST, other, 1, 22, TASK_OPEN);
	expect("the task 22 in first (open) has the key of task 11, too: it was built twice");
	compare(*state);
}

static void a_task_that_the_build_system_does_not_know_is_told(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
	g_autoptr(Build) waiting = build_in(*state, FIRST, BUILD_BUILD);
	g_autoptr(Build) ended = build_in(*state, FIRST, BUILD_BUILD);
	g_autoptr(Build) elsewhere = build_in(*state, SECOND, BUILD_BUILD);
	const struct tried open = { 1, COMPONENT_BUILDING, 7, true };
	const struct tried unsent = { 1, COMPONENT_BUILDING, 0, true };
	const struct tried old = { 1, COMPONENT_COMPLETE, 7, false };

	try(*state, build, &open);
	try(*state, waiting, &unsent);
	try(*state, ended, &old);
	try(*state, elsewhere, &open);
	know(SECOND, elsewhere, 1, 7, TASK_OPEN);
	expect("build %" PRIu64 ": first does not know task 7 of component %s", build->id,
	       component);
	compare(*state);
}

static void attempts_that_no_row_knows_are_found_by_their_keys(void **state)
{
	static const struct {
		uint32_t number;
		enum task_state state;
		const char *words;
	} cases[] = { { 1, TASK_FAILED, "failed" },
		      { 3, TASK_CLOSED, "closed" },
		      { 10, TASK_OPEN, "open" } };
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
	g_autofree char *far = key_of(build, 11);
	const struct tried tried = { 2, COMPONENT_FAILED, 7, false };

	try(*state, build, &tried);
	know(FIRST, build, 2, 7, TASK_FAILED);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		know(FIRST, build, cases[i].number, 8, cases[i].state);
		expect("build %" PRIu64 ": no row knows attempt %u of component %s, the task 8 in "
		       "first (%s); it is adopted when the build comes to it",
		       build->id, cases[i].number, component, cases[i].words);
	}
	know(FIRST, build, 11, 9, TASK_OPEN);
	expect("the task 9 in first (open) belongs to no build here: its build is lost, or "
	       "somebody else uses the same account (key %s)",
	       far);
	compare(*state);
}

static void tasks_of_no_build_are_told(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
	static const struct survey_task unreadable = { .task_id = 5, .state = TASK_OPEN };
	g_autofree char *key = g_strnfill(32, 'e');
	/* The build system has no numbers. */
	const struct survey_task lost = { .key = key, .state = TASK_CLOSED };

	survey_add(&FIRST->survey, &unreadable);
	survey_add(&FIRST->survey, &lost);
	expect("the task 5 in first (open) has no key that can be read");
	expect("the task in first (closed) belongs to no build here: its build is lost, or "
	       "somebody else uses the same account (key %s)",
	       key);
	compare(*state);
}

/* ---- tags ----------------------------------------------------------------------------------- */

static void tag(struct db *db, const struct build *build, unsigned number, const char *nvr,
		bool is_tagged)
{
	run(db,
	    "UPDATE components SET nvr = NULLIF('%s', ''), tagged = %d WHERE build_id = %" PRIu64
	    " AND name = 'component-%03u'",
	    nvr, is_tagged, build->id, number);
}

static void list(const struct build *build, const char *nvr)
{
	g_hash_table_add(survey_tagged(&FIRST->survey, build->uuid), g_strdup(nvr));
}

static void what_is_in_tags_is_compared(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_READY);
	g_autoptr(Build) nameless = build_in(*state, FIRST, BUILD_DONE);
	g_autoptr(Build) good = build_in(*state, FIRST, BUILD_READY);
	g_autoptr(Build) tagless = build_in(*state, FIRST, BUILD_READY);

	tag(*state, build, 0, "a-1-1", true);
	tag(*state, build, 1, "b-1-1", false);
	list(build, "b-1-1");
	list(build, "c-1-1");
	expect("build %" PRIu64 ": a-1-1 is tagged, but first does not list it", build->id);
	expect("build %" PRIu64 ": b-1-1 is not tagged, but first lists it", build->id);
	expect("build %" PRIu64 ": first lists c-1-1 in its tag, and no component is that",
	       build->id);
	tag(*state, nameless, 0, "", true);
	survey_tagged(&FIRST->survey, nameless->uuid);
	expect("build %" PRIu64 ": %s is tagged, but first does not list it", nameless->id,
	       component);
	tag(*state, good, 0, "a-1-1", true);
	list(good, "a-1-1");
	tag(*state, tagless, 0, "a-1-1", true);
	compare(*state);
}

/* The row follows. */
static void a_tag_may_be_ahead_while_the_build_goes_on(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);

	tag(*state, build, 0, "a-1-1", false);
	list(build, "a-1-1");
	compare(*state);
}

/* ---- questions ------------------------------------------------------------------------------ */

static void only_tags_in_use_that_changed_lately_are_asked_for(void **state)
{
	g_autoptr(GString) wanted = g_string_new(NULL);

	for (int of = 0; of < BUILD_STATE__COUNT; of++) {
		g_autoptr(Build) build = build_in(*state, FIRST, (enum build_state)of);
		g_autoptr(Build) old = build_in(*state, FIRST, (enum build_state)of);

		run(*state,
		    "UPDATE builds SET gen = gen + 1, modified_at = UTC_TIMESTAMP(6) - INTERVAL 31 DAY "
		    "WHERE id = %" PRIu64,
		    old->id);
		run(*state,
		    "UPDATE builds SET gen = gen + 1, modified_at = UTC_TIMESTAMP(6) - INTERVAL 29 DAY "
		    "WHERE id = %" PRIu64,
		    build->id);
		if (of == BUILD_BUILD || of == BUILD_DONE || of == BUILD_READY)
			g_string_append_printf(wanted, "%s ", build->name);
	}
	compare(*state);
	assert_string_equal(FIRST->builds->str, wanted->str);
}

static void tasks_are_asked_for_since_the_oldest_open_build(void **state)
{
	const int64_t day = 24 * 3600 * (int64_t)G_USEC_PER_SEC;
	const int64_t now = g_get_real_time();
	g_autoptr(Build) open = build_in(*state, FIRST, BUILD_WAIT);
	g_autoptr(Build) ended = build_in(*state, SECOND, BUILD_READY);
	static const struct {
		unsigned age, since;
	} cases[] = { { 90, 90 }, { 3, 30 } };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		run(*state,
		    "UPDATE builds SET gen = gen + 1, submitted_at = UTC_TIMESTAMP(6) - INTERVAL %u DAY "
		    "WHERE builder <> ''",
		    cases[i].age);
		compare(*state);
		assert_in_range((now - FIRST->since) / (day / 24) + 12, cases[i].since * 24,
				cases[i].since * 24 + 24);
		assert_in_range((now - SECOND->since) / (day / 24) + 12, 30 * 24, 30 * 24 + 24);
	}
}

static void a_build_system_that_cannot_be_asked_is_a_sentence(void **state)
{
	g_autoptr(Build) build = build_in(*state, FIRST, BUILD_BUILD);
	g_autoptr(Build) other = build_in(*state, SECOND, BUILD_BUILD);
	const struct tried tried = { 1, COMPONENT_BUILDING, 7, true };

	try(*state, build, &tried);
	try(*state, other, &tried);
	FIRST->is_shut = true;
	expect("builder first cannot be asked: there is no first");
	expect("build %" PRIu64 ": second does not know task 7 of component %s", other->id,
	       component);
	compare(*state);

	/* What it said before it failed is not all. */
	FIRST->is_shut = false;
	FIRST->is_away = true;
	know(FIRST, other, 2, 9, TASK_OPEN);
	know(SECOND, other, 1, 7, TASK_OPEN);
	expect("builder first cannot be asked: it is away");
	compare(*state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rows_and_tasks_that_agree_are_not_mentioned),
		TEST(an_ended_attempt_whose_task_says_otherwise_is_told),
		TEST(another_task_with_an_attempts_key_was_built_twice),
		TEST(of_tasks_with_one_key_the_one_that_counts_is_compared),
		TEST(tasks_with_one_key_may_be_far_apart),
		TEST(a_task_that_the_build_system_does_not_know_is_told),
		TEST(attempts_that_no_row_knows_are_found_by_their_keys),
		TEST(tasks_of_no_build_are_told),
		TEST(what_is_in_tags_is_compared),
		TEST(a_tag_may_be_ahead_while_the_build_goes_on),
		TEST(only_tags_in_use_that_changed_lately_are_asked_for),
		TEST(tasks_are_asked_for_since_the_oldest_open_build),
		TEST(a_build_system_that_cannot_be_asked_is_a_sentence),
	};

	g_set_prgname("reconcile");
	return cmocka_run_group_tests(tests, fixture_set_up, fixture_tear_down);
}

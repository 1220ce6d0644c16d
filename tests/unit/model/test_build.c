/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/error.h"
#include "model/build.h"
#include "model/message.h"
#include "model/requires.h"
#include "text/json.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct build *sample(void)
{
	struct build *build = build_new();
	struct component *component = component_new("module-build-macros");

	build->id = 42;
	build->version = 20260131235959;
	build->state = BUILD_BUILD;
	build->submitted_at = 1769903999000000;
	text_set(&build->name, "foo");
	text_set(&build->stream, "1.0");
	text_set(&build->context, "00000000");
	text_set(&build->owner, "ann");
	text_set(&build->scmurl, "git://h/foo.git?#abc");
	build->components = g_ptr_array_new_with_free_func((GDestroyNotify)component_free);
	component->id = 7;
	component->task_id = 6378;
	component->task_state = TASK_CLOSED;
	text_set(&component->nvr, "module-build-macros-0.1-1");
	g_ptr_array_add(build->components, component);
	component = component_new("bar");
	component->id = 8;
	g_ptr_array_add(build->components, component);
	return build;
}

static void the_empty_value_can_be_freed(void **state)
{
	(void)state;
	build_free(NULL);
	component_free(NULL);
	build_free(build_new());
	component_free(component_new("x"));
}

static void a_new_component_waits_without_a_task(void **state)
{
	g_autoptr(Component) component = component_new("foo");

	(void)state;
	assert_int_equal(component->state, COMPONENT_WAITING);
	assert_int_equal(component->task_state, TASK_NONE);
	assert_true(component_is_unbuilt(component));
	assert_false(component_is_unsuccessful(component));
	assert_null(component->nvr);
}

static void a_text_can_be_set_from_its_own_part(void **state)
{
	g_autofree char *text = g_strdup("abcdef");

	(void)state;
	text_set(&text, text + 3);
	assert_string_equal(text, "def");
	text_set(&text, NULL);
	assert_null(text);
}

static void tasks_are_named_by_nvr_or_else_by_package(void **state)
{
	g_autoptr(Build) build = sample();
	g_autofree char *tasks = build_tasks_json(build);

	(void)state;
	assert_string_equal(
		tasks,
		"{\"rpms/module-build-macros-0.1-1\": \"6378/closed\", \"rpms/bar\": \"0/free\"}");
}

static void a_build_without_components_has_no_tasks(void **state)
{
	g_autoptr(Build) build = build_new();
	g_autofree char *tasks = build_tasks_json(build);

	(void)state;
	assert_string_equal(tasks, "{}");
}

static void a_component_is_found_by_its_name(void **state)
{
	g_autoptr(Build) build = sample();
	g_autoptr(Build) empty = build_new();

	(void)state;
	assert_ptr_equal(build_component(build, "bar"), build->components->pdata[1]);
	assert_null(build_component(build, "ba"));
	assert_null(build_component(empty, "bar"));
}

static void a_build_has_a_full_name(void **state)
{
	g_autoptr(Build) build = sample();
	g_autofree char *nsvc = build_nsvc(build);
	g_autofree char *directory = build_directory_name(build);

	(void)state;
	assert_string_equal(nsvc, "foo:1.0:20260131235959:00000000");
	assert_string_equal(directory, "foo-1.0-20260131235959-00000000");
}

static void a_state_is_read_by_name_or_number(void **state)
{
	static const struct {
		const char *text;
		int read; /* -1: refused */
	} cases[] = {
		{ "init", BUILD_INIT },
		{ "wait", BUILD_WAIT },
		{ "build", BUILD_BUILD },
		{ "done", BUILD_DONE },
		{ "failed", BUILD_FAILED },
		{ "ready", BUILD_READY },
		{ "0", BUILD_INIT },
		{ "garbage", BUILD_GARBAGE },
		{ "6", BUILD_GARBAGE },
		{ "7", -1 },
		{ "-1", -1 },
		{ "", -1 },
		{ "Build", -1 },
		{ "build ", -1 },
		{ "2x", -1 },
		{ "18446744073709551616", -1 },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		enum build_state read = BUILD_STATE__COUNT;
		bool is_good = build_state_read(cases[i].text, &read);

		assert_int_equal(is_good, cases[i].read >= 0);
		assert_int_equal(read, is_good ? cases[i].read : BUILD_STATE__COUNT);
	}
}

static void every_state_has_its_words(void **state)
{
	(void)state;
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		assert_true(*build_states[i].name);
		assert_true(strlen(build_states[i].meaning) > 10);
	}
	for (int i = TASK_NONE; i < TASK_STATE__COUNT; i++)
		assert_non_null(task_state_name((enum task_state)i));
	for (int i = COMPONENT_WAITING; i <= COMPONENT_CANCELED; i++)
		assert_non_null(component_state_name((enum component_state)i));
	for (int i = 0; i < FAILURE_TYPE__COUNT; i++)
		assert_non_null(failure_type_meaning((enum failure_type)i));
}

static void task_states_have_the_names_of_koji(void **state)
{
	static const char *const names[] = { "free",     "open",     "closed",
					     "canceled", "assigned", "failed" };

	(void)state;
	for (int i = 0; i < TASK_STATE__COUNT; i++)
		assert_string_equal(task_state_name((enum task_state)i), names[i]);
	assert_string_equal(task_state_name(TASK_NONE), "free");
	assert_true(task_state_is_active(TASK_FREE));
	assert_true(task_state_is_active(TASK_OPEN));
	assert_true(task_state_is_active(TASK_ASSIGNED));
	assert_false(task_state_is_active(TASK_NONE));
	assert_false(task_state_is_active(TASK_CLOSED));
	assert_false(task_state_is_active(TASK_CANCELED));
	assert_false(task_state_is_active(TASK_FAILED));
}

static void a_component_is_unbuilt_or_unsuccessful_by_its_state(void **state)
{
	static const struct {
		enum component_state state;
		bool is_unbuilt, is_unsuccessful;
	} cases[] = {
		{ COMPONENT_WAITING, true, false },   { COMPONENT_BUILDING, true, false },
		{ COMPONENT_COMPLETE, false, false }, { COMPONENT_DELETED, false, false },
		{ COMPONENT_FAILED, false, true },    { COMPONENT_CANCELED, false, true },
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct component component = { .state = cases[i].state };

		assert_int_equal(component_is_unbuilt(&component), cases[i].is_unbuilt);
		assert_int_equal(component_is_unsuccessful(&component), cases[i].is_unsuccessful);
	}
}

static void a_message_tells_the_build_as_it_is(void **state)
{
	g_autoptr(Build) build = sample();
	g_autofree char *body = NULL;

	(void)state;
	text_set(&build->tag, "module-foo");
	body = message_body(build, NULL, NULL);
	assert_string_equal(
		body,
		"{\"id\":42,\"state\":2,\"state_name\":\"build\",\"name\":\"foo\",\"stream\":\"1.0\","
		"\"version\":\"20260131235959\",\"context\":\"00000000\",\"owner\":\"ann\","
		"\"scmurl\":\"git://h/foo.git?#abc\",\"state_reason\":null,\"component_builds\":[7,8],"
		"\"koji_tag\":\"module-foo\",\"rebuild_strategy\":\"all\",\"scratch\":false,\"srpms\":[],"
		"\"siblings\":[],\"buildrequires\":{},\"time_submitted\":\"2026-01-31T23:59:59Z\","
		"\"time_modified\":null,\"time_completed\":null}");
}

static void a_message_of_a_finished_build_tells_where_it_is(void **state)
{
	static const struct {
		enum build_state state;
		const char *topdir, *wanted;
	} cases[] = {
		{ BUILD_DONE, "/srv/foo", ",\"topdir\":\"/srv/foo\"}" },
		{ BUILD_READY, "https://h/r/", ",\"topdir\":\"https://h/r/\"}" },
		{ BUILD_READY, NULL, ",\"topdir\":null}" },
		{ BUILD_FAILED, "/srv/foo", "\"time_completed\":null}" },
	};
	g_autoptr(Build) build = sample();

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *body = NULL;

		build->state = cases[i].state;
		body = message_body(build, NULL, cases[i].topdir);
		assert_true(g_str_has_suffix(body, cases[i].wanted));
	}
}

static void a_message_tells_what_the_build_is_built_with(void **state)
{
	char name[] = "platform", other[] = "tools", stream[] = "f28", context[] = "00000000",
	     tag[] = "module-f28-build", none[] = "";
	struct build_require rows[] = {
		{ .name = name, .stream = stream, .version = 3, .context = context, .tag = tag },
		{ .name = other,
		  .stream = stream,
		  .version = 20260101000000,
		  .context = context,
		  .tag = none },
	};
	g_autoptr(GPtrArray) requires = g_ptr_array_new();
	g_autoptr(Build) build = sample();
	g_autofree char *body = NULL;

	(void)state;
	g_ptr_array_add(requires, &rows[0]);
	g_ptr_array_add(requires, &rows[1]);
	body = message_body(build, requires, NULL);
	assert_non_null(strstr(body, "\"koji_tag\":null,\"rebuild_strategy\""));
	assert_non_null(strstr(body,
			       "\"buildrequires\":{\"platform\":{\"stream\":\"f28\",\"version\":"
			       "\"3\",\"context\":\"00000000\",\"koji_tag\":\"module-f28-build\"},"
			       "\"tools\":{\"stream\":\"f28\",\"version\":\"20260101000000\","
			       "\"context\":\"00000000\",\"koji_tag\":null}},\"time_submitted\""));
}

/* A sample of what a build is built with; the rows are not freed. */
struct marked {
	const char *name;
	bool is_base;
	const char *marking;
};

static char *marking_of(const struct marked *rows, const char *const *privileged)
{
	g_autoptr(GPtrArray) requires =
		g_ptr_array_new_with_free_func((GDestroyNotify)build_require_free);

	for (; rows->name; rows++) {
		struct build_require *require = g_new0(struct build_require, 1);

		require->name = g_strdup(rows->name);
		require->is_base = rows->is_base;
		require->marking = g_strdup(rows->marking);
		g_ptr_array_add(requires, require);
	}
	return g_strdup(requires_marking(requires, privileged));
}

static void privileged_modules_mark_the_dist_tag_before_base_modules(void **state)
{
	static const char *const privileged[] = { "silent", "product", "other", NULL };
	static const char *const nobody[] = { NULL };
	static const struct marked rows[] = { { "other", false, "other7" },
					      { "platform", true, "el8" },
					      { "product", false, "product12" },
					      { "silent", false, "" },
					      { NULL, false, NULL } };
	g_autofree char *first = marking_of(rows, privileged);
	g_autofree char *base = marking_of(rows, nobody);
	g_autofree char *none = marking_of(rows + 3, privileged);

	(void)state;
	assert_string_equal(first, "product12");
	assert_string_equal(base, "el8");
	assert_string_equal(none, "");
}

static void what_rows_name_as_requirements_is_checked(void **state)
{
	const struct build_require good = { .build_id = 7,
					    .name = (char[]){ "platform" },
					    .stream = (char[]){ "f28" },
					    .context = (char[]){ "00000000" },
					    .tag = (char[]){ "module-f28-build" },
					    .marking = (char[]){ "fedora28" },
					    .buildroot = (char[]){ "bash gcc" },
					    .srpm_buildroot = (char[]){ "" },
					    .filter = (char[]){ "libstdc++" } };
	static const size_t members[] = {
		offsetof(struct build_require, name),
		offsetof(struct build_require, stream),
		offsetof(struct build_require, context),
		offsetof(struct build_require, tag),
		offsetof(struct build_require, marking),
		offsetof(struct build_require, buildroot),
		offsetof(struct build_require, srpm_buildroot),
		offsetof(struct build_require, filter),
	};
	static char code[] = "bash %(id)";

	(void)state;
	assert_true(build_require_check(&good, NULL));
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		struct build_require bad = good;
		g_autoptr(GError) error = NULL;

		*(char **)(void *)((char *)&bad + members[i]) = code;
		assert_false(build_require_check(&bad, &error));
		assert_true(g_error_matches(error, RIDA_ERROR, RIDA_ERROR_INTERNAL));
	}
}

static void a_message_survives_hostile_texts(void **state)
{
	g_autoptr(Build) build = sample();
	g_autoptr(JsonObject) value = NULL;
	g_autofree char *body = NULL;
	const char *reason;

	(void)state;
	text_set(&build->state_reason, "a \"quoted\"\nline </script>");
	body = message_body(build, NULL, NULL);
	assert_null(strchr(body, '\n'));
	assert_true(read_json(body, strlen(body), &value, NULL));
	assert_true(json_member_text(value, "state_reason", 99, &reason, NULL));
	assert_string_equal(reason, "a \"quoted\"\nline </script>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_empty_value_can_be_freed),
		cmocka_unit_test(a_new_component_waits_without_a_task),
		cmocka_unit_test(a_text_can_be_set_from_its_own_part),
		cmocka_unit_test(tasks_are_named_by_nvr_or_else_by_package),
		cmocka_unit_test(a_build_without_components_has_no_tasks),
		cmocka_unit_test(a_component_is_found_by_its_name),
		cmocka_unit_test(a_build_has_a_full_name),
		cmocka_unit_test(a_state_is_read_by_name_or_number),
		cmocka_unit_test(every_state_has_its_words),
		cmocka_unit_test(task_states_have_the_names_of_koji),
		cmocka_unit_test(a_component_is_unbuilt_or_unsuccessful_by_its_state),
		cmocka_unit_test(a_message_tells_the_build_as_it_is),
		cmocka_unit_test(a_message_of_a_finished_build_tells_where_it_is),
		cmocka_unit_test(a_message_tells_what_the_build_is_built_with),
		cmocka_unit_test(privileged_modules_mark_the_dist_tag_before_base_modules),
		cmocka_unit_test(what_rows_name_as_requirements_is_checked),
		cmocka_unit_test(a_message_survives_hostile_texts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "contract/koji_place_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_slots.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define NVR "good-1.0-1"
#define TAG_GOOD                                                                                   \
	"{\"do\": \"load\", \"builds\": [{\"nvr\": \"" NVR                                         \
	"\", \"rpms\": [[\"good\", \"noarch\"]]}]}"

/* A component that the hub has built, alone in the module. */
static struct component *prepare_good(struct place_world *place)
{
	struct build *build = place->world.build;

	while (build->components->len > 1)
		g_ptr_array_remove(build->components,
				   build->components->pdata[build->components->pdata[0] ==
							    build_component(build, "good")]);
	assert_int_equal(place_error(place, koji_prepare_many, ""), -1);
	place_tell(TAG_GOOD);
	text_set(&build_component(build, "good")->nvr, NVR);
	build_component(build, "good")->state = COMPONENT_COMPLETE;
	place_tell("{\"do\": \"forget\"}");
	return build_component(build, "good");
}

static void await(struct place_world *place, place_slot *slot)
{
	const gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;

	while (!place_is_ready(place, slot)) {
		if (g_get_monotonic_time() > until)
			fail_msg("it does not become ready");
		g_usleep(5000);
		place_reopen(place);
	}
}

static bool is_tagged(const char *tag, const char *nvr)
{
	g_autofree char *parameters = g_strdup_printf("[\"%s\"]", tag);
	g_autofree char *text = place_text("listTagged", parameters);
	g_autofree char *quoted = g_strdup_printf("\"nvr\":\"%s\"", nvr);

	return strstr(text, quoted) != NULL;
}

static void what_is_complete_gets_both_tags(void **state)
{
	struct place_world *place = *state;

	prepare_good(place);
	assert_false(place_is_ready(place, koji_tag_many));
	await(place, koji_tag_many);
	assert_int_equal(place_count("tagBuild"), 2);
	assert_true(is_tagged(PLACE_TAG, NVR));
	assert_true(is_tagged(PLACE_BUILD_TAG, NVR));
}

static void a_tag_that_somebody_is_at_is_not_asked_for_again(void **state)
{
	struct place_world *place = *state;

	prepare_good(place);
	place_tell("{\"do\": \"rules\", \"rules\": [{\"method\": \"tagBuild\", \"outcome\": "
		   "\"hang\"}]}");
	assert_false(place_is_ready(place, koji_tag_many));
	assert_false(place_is_ready(place, koji_tag_many));
	/* In one pass each tag is looked at once. */
	assert_int_equal(place_count("listTagged"), 2);
	for (int i = 0; i < 3; i++) {
		place_reopen(place);
		assert_false(place_is_ready(place, koji_tag_many));
	}
	assert_int_equal(place_count("tagBuild"), 2);
}

static void a_tag_whose_task_failed_is_asked_for_again_but_not_for_ever(void **state)
{
	struct place_world *place = *state;
	const gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	int code = -1;

	prepare_good(place);
	place_tell("{\"do\": \"rules\", \"rules\": [{\"method\": \"tagBuild\", \"outcome\": "
		   "\"fail\", \"fault\": [1003, \"the disk is full\"], \"tag\": \"*-build\"}]}");
	while (code < 0 && g_get_monotonic_time() < until) {
		code = place_error(place, koji_tag_many, "the disk is full");
		place_reopen(place);
		g_usleep(5000);
	}
	assert_int_equal(code, RIDA_ERROR_CONFLICT);
	/* Three for the one, one for the other. */
	assert_int_equal(place_count("tagBuild"), 4);
}

static void what_is_not_known_is_not_tagged(void **state)
{
	struct place_world *place = *state;
	struct component *good = prepare_good(place);

	g_clear_pointer(&good->nvr, g_free);
	assert_int_equal(place_error(place, koji_tag_many, "good"), RIDA_ERROR_INTERNAL);
	text_set(&good->nvr, "good-2.0-1");
	assert_int_equal(place_error(place, koji_tag_many, "good-2.0-1"), RIDA_ERROR_MISSING);
	good->state = COMPONENT_BUILDING;
	assert_true(place_is_ready(place, koji_tag_many));
	assert_int_equal(place_writes(), 0);
}

static void what_has_no_name_of_ours_is_not_tagged(void **state)
{
	struct place_world *place = *state;

	prepare_good(place);
	text_set(&place->world.build->tag, "f30");
	assert_int_equal(place_error(place, koji_tag_many, "f30"), RIDA_ERROR_FORBIDDEN);
	assert_int_equal(place_error(place, koji_regenerate_many, "f30"), RIDA_ERROR_FORBIDDEN);
	assert_int_equal(place_writes(), 0);
}

static void what_the_module_brings_is_unblocked(void **state)
{
	struct place_world *place = *state;
	struct component *good = prepare_good(place);

	place_tell("{\"do\": \"load\", \"builds\": [{\"nvr\": \"old-1-1\", \"rpms\": [[\"old\", "
		   "\"noarch\"]]}]}");
	place_tell("{\"do\": \"call\", \"method\": \"packageListAdd\", \"params\": [\"" PLACE_TAG
		   "\", \"old\", \"rida\"]}");
	text_set(&good->nvr, "old-1-1");
	assert_false(place_is_ready(place, koji_tag_many));
	await(place, koji_tag_many);
	assert_int_equal(place_count("packageListUnblock"), 1);
}

/* The macros take the place of the good component. */
static struct component *make_macros(struct place_world *place)
{
	struct component *macros = prepare_good(place);

	text_set(&macros->name, "good");
	macros->build_time_only = true;
	macros->batch = 1;
	return macros;
}

static void assert_grouped(void)
{
	g_autofree char *picture = place_picture();

	assert_non_null(strstr(picture, "\ngroup build: bash coreutils good\n"));
	assert_non_null(strstr(picture, "\ngroup srpm-build: bash good rpm-build\n"));
}

static void macros_are_in_the_groups_before_they_are_tagged(void **state)
{
	struct place_world *place = *state;

	make_macros(place);
	place_tell("{\"do\": \"rules\", \"rules\": [{\"method\": \"tagBuild\", \"outcome\": "
		   "\"hang\"}]}");
	assert_false(place_is_ready(place, koji_tag_many));
	assert_grouped();
	assert_int_equal(place_count("tagBuild"), 1);
	assert_int_equal(place_count("groupPackageListAdd"), 2);
}

static void macros_without_their_groups_are_tagged_anew(void **state)
{
	struct place_world *place = *state;

	make_macros(place);
	place_tell("{\"do\": \"call\", \"method\": \"tagBuildBypass\", \"params\": [\"" //
		   PLACE_BUILD_TAG "\", \"" NVR "\"]}");
	assert_false(place_is_ready(place, koji_tag_many));
	assert_grouped();
	assert_int_equal(place_count("untagBuild"), 1);
	await(place, koji_tag_many);
	assert_true(is_tagged(PLACE_BUILD_TAG, NVR));
	assert_false(is_tagged(PLACE_TAG, NVR));
}

/* ---- repositories ------------------------------------------------------------------------ */

#define OLD_HUB "{\"do\": \"set\", \"version\": \"1.29.1\"}"
#define NEW_HUB "{\"do\": \"set\", \"version\": \"1.35.3\"}"
#define REPO_RULE(outcome)                                                                         \
	"{\"do\": \"rules\", \"rules\": [{\"method\": \"newRepo\", \"outcome\": \"" outcome "\"}]}"

static void tag_good(struct place_world *place)
{
	prepare_good(place);
	await(place, koji_tag_many);
	place_tell("{\"do\": \"forget\"}");
	place_reopen(place);
}

/* Asks for a repository; the number of what was asked. */
static uint64_t regenerate(struct place_world *place)
{
	struct outcome outcome;
	uint64_t id;

	place_call(place, koji_regenerate_many, &outcome);
	if (outcome.error)
		fail_msg("regenerate: %s", outcome.error->message);
	assert_false(outcome.is_ready);
	id = outcome.task_id;
	assert_true(id > 0);
	outcomes_clear(&outcome, 1);
	return id;
}

static void a_repository_is_asked_for_once(void **state)
{
	static const char *const hubs[] = { NEW_HUB, OLD_HUB };
	static const char *const methods[] = { "repo.request", "newRepo" };

	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++) {
		struct place_world *place;
		uint64_t id;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		place_tell(hubs[i]);
		tag_good(place);
		place_tell(REPO_RULE("hang"));
		id = regenerate(place);
		place_reopen(place);
		assert_int_equal(regenerate(place), id);
		place->world.build->repo_task_id = id;
		assert_false(place_is_ready(place, koji_repo_ready_many));
		assert_int_equal(place_count("newRepo"), i);
		assert_true(place_count(methods[i]) > 0);
	}
}

static void a_repository_is_ready_when_it_is_as_new_as_the_tag(void **state)
{
	static const char *const hubs[] = { NEW_HUB, OLD_HUB };

	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++) {
		struct place_world *place;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		place_tell(hubs[i]);
		tag_good(place);
		place->world.build->repo_task_id = regenerate(place);
		await(place, koji_repo_ready_many);
		place_tell("{\"do\": \"forget\"}");
		assert_true(place_is_ready(place, koji_regenerate_many));
		assert_int_equal(place_writes(), 0);
	}
}

static void a_repository_that_is_older_than_the_tag_is_not_the_one(void **state)
{
	struct place_world *place = *state;

	place_tell(OLD_HUB);
	prepare_good(place);
	place_tell("{\"do\": \"load\", \"tags\": [{\"name\": \"" PLACE_BUILD_TAG
		   "\", \"repo\": true}]}");
	await(place, koji_tag_many);
	place_reopen(place);
	place_tell(REPO_RULE("hang"));
	place->world.build->repo_task_id = regenerate(place);
	assert_false(place_is_ready(place, koji_repo_ready_many));
}

static void a_repository_that_somebody_else_made_will_do(void **state)
{
	static const char *const hubs[] = { NEW_HUB, OLD_HUB };

	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++) {
		struct place_world *place;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		place_tell(hubs[i]);
		tag_good(place);
		place_tell(REPO_RULE("hang"));
		place->world.build->repo_task_id = regenerate(place);
		assert_false(place_is_ready(place, koji_repo_ready_many));
		place_tell("{\"do\": \"load\", \"tags\": [{\"name\": \"" PLACE_BUILD_TAG
			   "\", \"repo\": true}]}");
		place_reopen(place);
		assert_true(place_is_ready(place, koji_repo_ready_many));
	}
}

static int await_error(struct place_world *place, place_slot *slot, const char *word)
{
	const gint64 until = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
	int code = -1;

	while (code < 0 && g_get_monotonic_time() < until) {
		place_reopen(place);
		code = place_error(place, slot, word);
		g_usleep(5000);
	}
	return code;
}

static void a_repository_that_was_not_made_is_an_end(void **state)
{
	static const char *const hubs[] = { NEW_HUB, OLD_HUB };

	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++) {
		struct place_world *place;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		place_tell(hubs[i]);
		tag_good(place);
		place_tell(REPO_RULE("fail"));
		place->world.build->repo_task_id = regenerate(place);
		assert_int_equal(await_error(place, koji_repo_ready_many, "ended"),
				 RIDA_ERROR_CONFLICT);
		place->world.build->repo_task_id = 999999;
		assert_int_equal(place_error(place, koji_repo_ready_many, "999999"),
				 RIDA_ERROR_MISSING);
	}
}

static void a_number_from_before_the_hub_was_upgraded_is_an_end(void **state)
{
	struct place_world *place = *state;

	place_tell(OLD_HUB);
	tag_good(place);
	place_tell(REPO_RULE("hang"));
	place->world.build->repo_task_id = regenerate(place);
	place_tell(NEW_HUB);
	place_reopen(place);
	assert_int_equal(place_error(place, koji_repo_ready_many, ""), RIDA_ERROR_MISSING);
}

/* What each slot asks, and what it must not believe. */
static const struct {
	place_slot *slot;
	const char *method;
	bool is_old; /* the hub */
} questions[] = {
	{ koji_tag_many, "listTasks", false },
	{ koji_tag_many, "listTagged", false },
	{ koji_tag_many, "getTag", false },
	{ koji_tag_many, "getBuild", false },
	{ koji_tag_many, "listPackages", false },
	{ koji_regenerate_many, "listTagged", false },
	{ koji_regenerate_many, "getRepo", false },
	{ koji_regenerate_many, "listTasks", true },
	{ koji_repo_ready_many, "getRepo", true },
	{ koji_repo_ready_many, "getTaskInfo", true },
	{ koji_repo_ready_many, "repo.checkRequest", false },
	{ koji_clean_many, "getBuildTarget", false },
	{ koji_discard_many, "listTagged", false },
};

static void an_answer_that_makes_no_sense_changes_nothing(void **state)
{
	static const char *const values[] = { "7", "\"x\"", "[7]", "{\"id\": \"x\"}" };

	for (size_t i = 0; i < G_N_ELEMENTS(questions); i++) {
		struct place_world *place;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		if (questions[i].is_old)
			place_tell(OLD_HUB);
		prepare_good(place);
		if (strcmp(questions[i].method, "repo.checkRequest") == 0)
			place_tell(
				"{\"do\": \"call\", \"method\": \"repo.request\", \"params\": [\"" //
				PLACE_BUILD_TAG "\"]}");
		place->world.build->repo_task_id = 1;
		for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
			g_autofree char *trouble = g_strdup_printf(
				"{\"do\": \"trouble\", \"clear\": true, \"troubles\": [{\"what\": "
				"\"result\", \"method\": \"%s\", \"next\": 99, \"value\": %s}]}",
				questions[i].method, values[j]);
			struct outcome outcome;

			place_tell(trouble);
			place_reopen(place);
			place_call(place, questions[i].slot, &outcome);
			if (outcome.is_ready || place_writes() ||
			    (outcome.error && error_is_final(outcome.error)))
				fail_msg("%s says %s: %s", questions[i].method, values[j],
					 outcome.error ? outcome.error->message : "fine");
			outcomes_clear(&outcome, 1);
		}
	}
}

static const struct {
	place_slot *slot;
	const char *method;
	const char *fields; /* separated by blanks */
	bool is_old;        /* the hub */
} members[] = {
	{ koji_tag_many, "listTagged", "nvr create_event", false },
	{ koji_tag_many, "getTag", "id name", false },
	{ koji_tag_many, "getBuild", "id nvr state", false },
	{ koji_tag_many, "listPackages", "package_name blocked", false },
	{ koji_regenerate_many, "listTagged", "nvr create_event", false },
	{ koji_regenerate_many, "repo.request", "request id", false },
	{ koji_repo_ready_many, "repo.checkRequest", "request active tag_name", false },
	{ koji_repo_ready_many, "getTaskInfo", "method state request", true },
	{ koji_clean_many, "getBuildTarget", "name id", false },
	{ koji_discard_many, "listTagged", "nvr create_event", false },
};

static void a_member_that_is_nil_changes_nothing(void **state)
{
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		g_auto(GStrv) fields = g_strsplit(members[i].fields, " ", -1);
		struct place_world *place;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		if (members[i].is_old)
			place_tell(OLD_HUB);
		tag_good(place);
		place_tell(REPO_RULE("hang"));
		if (members[i].slot == koji_repo_ready_many)
			place->world.build->repo_task_id = regenerate(place);
		if (members[i].slot == koji_tag_many)
			place_tell(
				"{\"do\": \"call\", \"method\": \"untagBuildBypass\", \"params\": [\"" //
				PLACE_BUILD_TAG "\", \"" NVR "\"]}");
		for (size_t j = 0; fields[j]; j++) {
			g_autofree char *trouble = g_strdup_printf(
				"{\"do\": \"trouble\", \"clear\": true, \"troubles\": [{\"what\": "
				"\"nil\", \"method\": \"%s\", \"next\": 99, \"field\": \"%s\"}]}",
				members[i].method, fields[j]);

			place_tell(trouble);
			place_reopen(place);
			if (place_error(place, members[i].slot, "makes no sense") !=
			    RIDA_ERROR_UNAVAILABLE)
				fail_msg("%s without %s", members[i].method, fields[j]);
			assert_int_equal(place_count("tagBuild") + place_count("untagBuild") +
						 place_count("deleteBuildTarget"),
					 0);
		}
	}
}

/* ---- the end ----------------------------------------------------------------------------- */

static bool target_is_there(const char *name)
{
	g_autofree char *parameters = g_strdup_printf("[\"%s\"]", name);
	g_autofree char *text = place_text("getBuildTarget", parameters);

	return strcmp(text, "null") != 0;
}

static void a_target_goes_and_nothing_else(void **state)
{
	struct place_world *place = *state;

	tag_good(place);
	place_is_ready(place, koji_clean_many);
	place_is_ready(place, koji_clean_many);
	assert_false(target_is_there(PLACE_TAG));
	assert_true(is_tagged(PLACE_TAG, NVR));
	assert_int_equal(place_writes(), 1);
}

static void a_target_that_is_not_ours_stays(void **state)
{
	struct place_world *place = *state;

	place_tell("{\"do\": \"load\", \"targets\": [{\"name\": \"f30\", \"build_tag\": "
		   "\"f30-build\", \"dest_tag\": \"f30-build\"}, {\"name\": \"" PLACE_TAG
		   "\", \"build_tag\": \"f30-build\", \"dest_tag\": \"f30-build\"}]}");
	place_is_ready(place, koji_clean_many);
	text_set(&place->world.build->target, "f30");
	place_is_ready(place, koji_clean_many);
	text_set(&place->world.build->tag, "f30-build");
	place_is_ready(place, koji_clean_many);
	place_is_ready(place, koji_discard_many);
	assert_true(target_is_there("f30"));
	assert_true(target_is_there(PLACE_TAG));
	assert_int_equal(place_writes(), 0);
}

static void the_task_of_a_repository_is_ended(void **state)
{
	struct place_world *place = *state;
	g_autofree char *parameters = NULL;
	g_autofree char *text = NULL;

	place_tell(OLD_HUB);
	tag_good(place);
	place_tell(REPO_RULE("hang"));
	place->world.build->repo_task_id = regenerate(place);
	place_is_ready(place, koji_clean_many);
	parameters = g_strdup_printf("[%" G_GUINT64_FORMAT "]", place->world.build->repo_task_id);
	text = place_text("getTaskInfo", parameters);
	assert_non_null(strstr(text, "\"state\":3"));
}

static void a_failed_build_loses_its_tags_and_a_finished_one_keeps_them(void **state)
{
	struct place_world *place = *state;

	tag_good(place);
	place->world.build->is_finished = true;
	place_is_ready(place, koji_discard_many);
	assert_int_equal(place_writes(), 0);
	place->world.build->is_finished = false;
	place_is_ready(place, koji_discard_many);
	place_is_ready(place, koji_discard_many);
	assert_false(is_tagged(PLACE_TAG, NVR));
	assert_false(is_tagged(PLACE_BUILD_TAG, NVR));
	assert_int_equal(place_writes(), 2);
}

static void a_build_that_was_never_prepared_has_nothing_to_lose(void **state)
{
	struct place_world *place = *state;

	place_is_ready(place, koji_clean_many);
	place_is_ready(place, koji_discard_many);
	assert_int_equal(place_writes(), 0);
}

int main(void)
{
#define PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
		PLACE(what_is_complete_gets_both_tags),
		PLACE(a_tag_that_somebody_is_at_is_not_asked_for_again),
		PLACE(a_tag_whose_task_failed_is_asked_for_again_but_not_for_ever),
		PLACE(what_is_not_known_is_not_tagged),
		PLACE(what_has_no_name_of_ours_is_not_tagged),
		PLACE(what_the_module_brings_is_unblocked),
		PLACE(macros_are_in_the_groups_before_they_are_tagged),
		PLACE(macros_without_their_groups_are_tagged_anew),
		PLACE(a_repository_is_asked_for_once),
		PLACE(a_repository_is_ready_when_it_is_as_new_as_the_tag),
		PLACE(a_repository_that_is_older_than_the_tag_is_not_the_one),
		PLACE(a_repository_that_somebody_else_made_will_do),
		PLACE(a_repository_that_was_not_made_is_an_end),
		PLACE(a_number_from_before_the_hub_was_upgraded_is_an_end),
		PLACE(an_answer_that_makes_no_sense_changes_nothing),
		PLACE(a_member_that_is_nil_changes_nothing),
		PLACE(a_target_goes_and_nothing_else),
		PLACE(a_target_that_is_not_ours_stays),
		PLACE(the_task_of_a_repository_is_ended),
		PLACE(a_failed_build_loses_its_tags_and_a_finished_one_keeps_them),
		PLACE(a_build_that_was_never_prepared_has_nothing_to_lose),
	};

	if (koji_check()) {
		printf("skipped: %s\n", koji_check());
		return g_getenv("CI") ? 1 : 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

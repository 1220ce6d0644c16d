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

#define WRITES                                                                                     \
	"createTag|editTag2|packageListAdd|packageListBlock|groupListAdd|groupPackageListAdd|"     \
	"setInheritanceData|createBuildTarget"

static void prepare(struct place_world *place)
{
	assert_int_equal(place_error(place, koji_prepare_many, ""), -1);
}

#define SETTINGS                                                                                   \
	"{\"repo_include_all\":false,\"mock.new_chroot\":0,\"mock.package_manager\":\"dnf\"}"

static const char whole_place[] = "tag aarch64 x86_64 " SETTINGS "\n"
				  "listPackages \"bad\" \"nobody1\" false\n"
				  "listPackages \"good\" \"nobody1\" false\n"
				  "listPackages \"long\" \"nobody1\" false\n"
				  "tag aarch64 x86_64 " SETTINGS "\n"
				  "listPackages \"bad\" \"nobody1\" false\n"
				  "listPackages \"good\" \"nobody1\" false\n"
				  "listPackages \"long\" \"nobody1\" false\n"
				  "listPackages \"old\" \"kojiadmin\" true\n"
				  "group build: bash coreutils\n"
				  "group srpm-build: bash rpm-build\n"
				  "getInheritanceData \"f30-build\" 10 null false\n"
				  "getInheritanceData \"module-perl-5.30-1-abcd\" 0 null false\n";

static void assert_whole(void)
{
	g_autofree char *picture = place_picture();

	if (!g_str_has_prefix(picture, whole_place) ||
	    !strstr(picture, "\"build_tag_name\":\"" PLACE_BUILD_TAG "\"") ||
	    !strstr(picture, "\"dest_tag_name\":\"" PLACE_TAG "\""))
		fail_msg("the place is:\n%s", picture);
}

static void a_place_is_made_in_one_run_of_writes(void **state)
{
	struct place_world *place = *state;
	g_autofree char *groups = NULL;
	g_auto(GStrv) own = NULL;

	prepare(place);
	assert_whole();
	/* Both groups have their own bash, although f30-build has one too: it was there first. */
	groups = place_text("getTagGroups", "[\"" PLACE_BUILD_TAG "\", null, false]");
	own = g_strsplit(groups, "\"package\":\"bash\"", -1);
	assert_int_equal(g_strv_length(own), 3);
	/* Tags 2, packages 2 * 3, groups 2 + 4, inheritance, target, blocked package. */
	assert_int_equal(place_writes(), 17);
	/* Reads, the login, writes, and three that weights are asked for with. */
	assert_in_range(place_count("multiCall"), 1, 5);
}

static void a_place_that_is_made_is_left_alone(void **state)
{
	struct place_world *place = *state;

	prepare(place);
	place_reopen(place);
	place_tell("{\"do\": \"forget\"}");
	prepare(place);
	assert_int_equal(place_writes(), 0);
	assert_whole();
}

static void a_place_is_mended_after_any_write_was_refused(void **state)
{
	struct place_world *place = *state;

	for (int lost = 0; lost < 17; lost++) {
		g_autofree char *trouble = g_strdup_printf(
			"{\"do\": \"trouble\", \"clear\": true, \"troubles\": [{\"what\": "
			"\"failure\", \"method\": \"" WRITES "\", \"skip\": %d, \"code\": 1001, "
			"\"text\": \"locked\"}]}",
			lost);
		int code;

		koji_tear_down(&place->world);
		build_free(place->world.build);
		g_free(place->world.modulemd);
		koji_set_up(&place->world);
		place_reopen(place);
		place_tell(trouble);
		code = place_error(place, koji_prepare_many, "locked");
		if (code != RIDA_ERROR_UNAVAILABLE)
			fail_msg("write %d was lost, and the error is %d", lost, code);
		place_reopen(place);
		prepare(place);
		assert_whole();
	}
}

static void a_run_of_writes_without_an_answer_is_looked_at_again(void **state)
{
	struct place_world *place = *state;

	place_tell("{\"do\": \"trouble\", \"troubles\": [{\"what\": \"lose\", \"method\": "
		   "\"createTag\", \"next\": 99}]}");
	assert_in_range(place_error(place, koji_prepare_many, ""), RIDA_ERROR_UNAVAILABLE,
			RIDA_ERROR_UNKNOWN_OUTCOME);
	place_tell("{\"do\": \"trouble\", \"clear\": true}");
	place_reopen(place);
	prepare(place);
	assert_whole();
}

static void a_tag_that_appears_meanwhile_is_taken_over(void **state)
{
	struct place_world *place = *state;

	place_tell("{\"do\": \"call\", \"method\": \"createTag\", \"params\": [\"" PLACE_TAG
		   "\"], \"user\": \"rida\"}");
	place_tell("{\"do\": \"trouble\", \"troubles\": [{\"what\": \"result\", \"method\": "
		   "\"getTag\", \"value\": null}]}");
	prepare(place);
	assert_whole();
}

/* Each of them makes the hub, or the build, unfit. */
static const struct {
	const char *command; /* to the hub; NULL: none */
	const char *permission;
	const char *tag, *target; /* of the build */
	const char *require;      /* a tag */
	RidaError code;
	const char *word;
} unfit[] = {
	{ .tag = "f30-build", .code = RIDA_ERROR_FORBIDDEN, .word = "koji_tag_prefixes" },
	{ .target = "f30", .code = RIDA_ERROR_FORBIDDEN, .word = "koji_tag_prefixes" },
	{ .tag = "modules-foo", .code = RIDA_ERROR_FORBIDDEN, .word = "modules-foo" },
	{ .permission = "nosuch", .code = RIDA_ERROR_INTERNAL, .word = "koji_tag_permission" },
	{ .require = "module-gone", .code = RIDA_ERROR_MISSING, .word = "module-gone" },
	{ .command = "{\"do\": \"load\", \"tags\": [{\"name\": \"" PLACE_TAG "\", \"locked\": "
		     "true}]}",
	  .code = RIDA_ERROR_INTERNAL,
	  .word = "locked" },
	{ .command = "{\"do\": \"load\", \"targets\": [{\"name\": \"" PLACE_TAG "\", \"build_tag\":"
		     " \"f30-build\", \"dest_tag\": \"f30-build\"}]}",
	  .code = RIDA_ERROR_INTERNAL,
	  .word = "operator" },
};

static void what_does_not_fit_is_refused_before_anything_is_written(void **state)
{
	struct place_world *place = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(unfit); i++) {
		int code;

		place_tear_down(state);
		place_set_up(state);
		place = *state;
		if (unfit[i].command)
			place_tell(unfit[i].command);
		if (unfit[i].permission)
			place->world.options.koji.tag_permission = unfit[i].permission;
		if (unfit[i].tag)
			text_set(&place->world.build->tag, unfit[i].tag);
		if (unfit[i].target)
			text_set(&place->world.build->target, unfit[i].target);
		if (unfit[i].require)
			text_set(&((struct build_require *)place->requires->pdata[1])->tag,
				 unfit[i].require);
		place_tell("{\"do\": \"forget\"}");
		code = place_error(place, koji_prepare_many, unfit[i].word);
		if (code != (int)unfit[i].code)
			fail_msg("%s: %d", unfit[i].word, code);
		assert_int_equal(place_writes(), 0);
	}
}

static void an_answer_that_makes_no_sense_writes_nothing(void **state)
{
	static const char *const methods[] = { "getTag",       "listPackages",
					       "getTagGroups", "getInheritanceData",
					       "getUser",      "getBuildTarget" };
	static const char *const values[] = { "7", "\"x\"", "true", "[7]", "{\"id\": \"x\"}" };
	struct place_world *place = *state;

	prepare(place);
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
			g_autofree char *trouble = g_strdup_printf(
				"{\"do\": \"trouble\", \"clear\": true, \"troubles\": [{\"what\": "
				"\"result\", \"method\": \"%s\", \"value\": %s}]}",
				methods[i], values[j]);
			int code;

			place_tell(trouble);
			place_tell("{\"do\": \"forget\"}");
			code = place_error(place, koji_prepare_many, "");
			if (code != RIDA_ERROR_UNAVAILABLE || place_writes())
				fail_msg("%s says %s: %d", methods[i], values[j], code);
		}
	}
}

static const struct {
	const char *method;
	const char *fields; /* separated by blanks */
} members[] = {
	{ "getTag", "id name locked extra perm_id" },
	{ "listPackages", "package_name blocked" },
	{ "getTagGroups", "name packagelist package blocked" },
	{ "getInheritanceData", "parent_id priority maxdepth intransitive noconfig pkg_filter" },
	{ "getBuildTarget", "name build_tag_name dest_tag_name" },
	{ "getUser", "id" },
};

/* It is an error, or is set to what it should be. */
static void a_member_that_is_nil_spoils_nothing(void **state)
{
	struct place_world *place = *state;

	prepare(place);
	for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
		g_auto(GStrv) fields = g_strsplit(members[i].fields, " ", -1);

		for (size_t j = 0; fields[j]; j++) {
			g_autofree char *trouble = g_strdup_printf(
				"{\"do\": \"trouble\", \"clear\": true, \"troubles\": [{\"what\": "
				"\"nil\", \"method\": \"%s\", \"next\": 99, \"field\": \"%s\"}]}",
				members[i].method, fields[j]);
			int code;

			place_tell(trouble);
			place_reopen(place);
			code = place_error(place, koji_prepare_many, "makes no sense");
			if (code != -1 && code != RIDA_ERROR_UNAVAILABLE)
				fail_msg("%s without %s: %d", members[i].method, fields[j], code);
			place_tell("{\"do\": \"trouble\", \"clear\": true}");
			assert_whole();
		}
	}
}

static void a_foreign_parent_stays_and_ours_are_set_right(void **state)
{
	struct place_world *place = *state;
	g_autofree char *picture = NULL;

	prepare(place);
	place_tell("{\"do\": \"load\", \"tags\": [{\"name\": \"hotfix\"}]}");
	place_tell("{\"do\": \"call\", \"method\": \"setInheritanceData\", \"params\": [\"" //
		   PLACE_BUILD_TAG "\", [{\"parent_id\": 4, \"priority\": 10, \"maxdepth\": null, "
		   "\"intransitive\": false, \"noconfig\": false, \"pkg_filter\": \"\"}, "
		   "{\"parent_id\": 1, \"priority\": 50, \"maxdepth\": null, \"intransitive\": "
		   "false, \"noconfig\": false, \"pkg_filter\": \"\"}]]}");
	place_reopen(place);
	prepare(place);
	picture = place_picture();
	if (!strstr(picture, "\"module-perl-5.30-1-abcd\" 0 ") ||
	    !strstr(picture, "\"f30-build\" 20 "))
		fail_msg("%s", picture);
}

static void an_owner_whom_the_hub_does_not_know_is_us(void **state)
{
	struct place_world *place = *state;
	g_autofree char *picture = NULL;

	text_set(&place->world.build->owner, "stranger");
	prepare(place);
	picture = place_picture();
	assert_non_null(strstr(picture, "\"good\" \"rida\" false"));
}

static void arches_are_those_that_are_said_first(void **state)
{
	struct place_world *place = *state;
	char *rows[] = { (char *)(uintptr_t) "perl:5.30=s390x,ppc64le", NULL };
	g_autofree char *picture = NULL;

	place->world.options.koji.module_arches = rows;
	prepare(place);
	picture = place_picture();
	assert_true(g_str_has_prefix(picture, "tag ppc64le s390x {"));
}

static void a_component_that_is_built_is_not_blocked_again(void **state)
{
	struct place_world *place = *state;
	struct component *good = build_component(place->world.build, "good");
	g_autofree char *picture = NULL;

	text_set(&good->name, "old");
	good->state = COMPONENT_COMPLETE;
	prepare(place);
	picture = place_picture();
	assert_non_null(strstr(picture, "\"old\" \"nobody1\" false"));
	assert_null(strstr(picture, "\"old\" \"nobody1\" true"));
}

static void components_weigh_what_they_took_last(void **state)
{
	struct place_world *place = *state;
	struct outcome outcome;

	place_tell("{\"do\": \"trouble\", \"troubles\": [{\"what\": \"result\", \"method\": "
		   "\"getAverageBuildDuration\", \"value\": 4800.0}]}");
	place_call(place, koji_prepare_many, &outcome);
	assert_non_null(outcome.weights);
	/* One of three has a duration, on two architectures; the others were never built. */
	assert_true(outcome.weights[0] + outcome.weights[1] + outcome.weights[2] > 9.49 &&
		    outcome.weights[0] + outcome.weights[1] + outcome.weights[2] < 9.51);
	outcomes_clear(&outcome, 1);
}

static void weights_that_cannot_be_told_fail_nothing(void **state)
{
	struct place_world *place = *state;
	struct outcome outcome;

	place_tell("{\"do\": \"trouble\", \"troubles\": [{\"what\": \"failure\", \"method\": "
		   "\"getPackageID|getAverageBuildDuration\", \"next\": 99, \"code\": 1000, "
		   "\"text\": \"no\"}]}");
	place_call(place, koji_prepare_many, &outcome);
	assert_null(outcome.error);
	assert_true(outcome.weights[0] > 1.49 && outcome.weights[0] < 1.51);
	outcomes_clear(&outcome, 1);
}

#define MANY 100

/* As many builds of the module as there are wants; they are the caller's. */
static void make_many(const struct place_world *place, struct build_want *wants)
{
	for (size_t i = 0; i < MANY; i++) {
		struct build *build = contract_build_new();

		build->tag = g_strdup_printf("module-contract-master-%zu-00000000", i);
		build->target = g_strdup(build->tag);
		text_set(&build->owner, "nobody1");
		wants[i] = (struct build_want){ .build = build,
						.modulemd = place->world.modulemd,
						.requires = place->requires,
						.idem_key = "0123456789abcdef" };
	}
}

static void many_places_are_made_in_few_requests(void **state)
{
	struct place_world *place = *state;
	g_autofree struct build_want *wants = g_new0(struct build_want, MANY);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, MANY);

	make_many(place, wants);
	koji_prepare_many(place->builder, wants, MANY, outcomes);
	for (size_t i = 0; i < MANY; i++) {
		if (outcomes[i].error)
			fail_msg("%s", outcomes[i].error->message);
		build_free((struct build *)(uintptr_t)wants[i].build);
	}
	outcomes_clear(outcomes, MANY);
	assert_int_equal(place_writes(), 17 * MANY);
	/* A thousand calls in each: reads in one, writes in two, and weights in three. */
	assert_in_range(place_count("multiCall"), 4, 7);
}

int main(void)
{
#define PLACE(test) cmocka_unit_test_setup_teardown(test, place_set_up, place_tear_down)
	const struct CMUnitTest tests[] = {
		PLACE(a_place_is_made_in_one_run_of_writes),
		PLACE(a_place_that_is_made_is_left_alone),
		PLACE(a_place_is_mended_after_any_write_was_refused),
		PLACE(a_run_of_writes_without_an_answer_is_looked_at_again),
		PLACE(a_tag_that_appears_meanwhile_is_taken_over),
		PLACE(what_does_not_fit_is_refused_before_anything_is_written),
		PLACE(an_answer_that_makes_no_sense_writes_nothing),
		PLACE(a_member_that_is_nil_spoils_nothing),
		PLACE(a_foreign_parent_stays_and_ours_are_set_right),
		PLACE(an_owner_whom_the_hub_does_not_know_is_us),
		PLACE(arches_are_those_that_are_said_first),
		PLACE(a_component_that_is_built_is_not_blocked_again),
		PLACE(components_weigh_what_they_took_last),
		PLACE(weights_that_cannot_be_told_fail_nothing),
		PLACE(many_places_are_made_in_few_requests),
	};

	if (koji_check()) {
		printf("skipped: %s\n", koji_check());
		return g_getenv("CI") ? 1 : 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: MIT */
#include "contract/koji_place_fixture.h"

#include <string.h>

#include "base/error.h"

/* Last: it has a macro fail(). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct build_require *require_new(const char *name, const char *stream, const char *tag)
{
	struct build_require *require = g_new0(struct build_require, 1);

	require->name = g_strdup(name);
	require->stream = g_strdup(stream);
	require->tag = g_strdup(tag);
	return require;
}

static void open_builder(struct place_world *place)
{
	g_autoptr(GError) error = NULL;

	if (!builder_koji.open(&place->world.options, &place->builder, &error))
		fail_msg("open: %s", error->message);
}

int place_set_up(void **state)
{
	struct place_world *place = g_new0(struct place_world, 1);
	struct build_require *base;

	place->world.ops = &builder_koji;
	place->world.folder = g_dir_make_tmp("rida-contract.XXXXXX", NULL);
	koji_set_up(&place->world);
	base = require_new("platform", "f30", "f30-build");
	base->is_base = true;
	base->buildroot = g_strdup("bash coreutils");
	base->srpm_buildroot = g_strdup("bash rpm-build");
	place->requires = g_ptr_array_new_with_free_func((GDestroyNotify)build_require_free);
	g_ptr_array_add(place->requires, base);
	g_ptr_array_add(place->requires, require_new("perl", "5.30", "module-perl-5.30-1-abcd"));
	open_builder(place);
	*state = place;
	return 0;
}

int place_tear_down(void **state)
{
	struct place_world *place = *state;
	g_autofree char *folder = place->world.folder;
	const char *argv[] = { "rm", "-rf", folder, NULL };

	builder_koji.close(place->builder);
	koji_tear_down(&place->world);
	g_ptr_array_unref(place->requires);
	build_free(place->world.build);
	g_free(place->world.modulemd);
	g_spawn_sync(NULL, (char **)(uintptr_t)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL,
		     NULL, NULL, NULL);
	g_free(place);
	return 0;
}

void place_reopen(struct place_world *place)
{
	builder_koji.close(place->builder);
	open_builder(place);
}

void place_call(struct place_world *place, place_slot *slot, struct outcome *ret)
{
	const struct build_want want = { .build = place->world.build,
					 .modulemd = place->world.modulemd,
					 .requires = place->requires,
					 .idem_key = "0123456789abcdef" };

	*ret = (struct outcome){ 0 };
	slot(place->builder, &want, 1, ret);
}

bool place_is_ready(struct place_world *place, place_slot *slot)
{
	struct outcome outcome;
	bool is_ready;

	place_call(place, slot, &outcome);
	if (outcome.error)
		fail_msg("%s", outcome.error->message);
	is_ready = outcome.is_ready;
	outcomes_clear(&outcome, 1);
	return is_ready;
}

int place_error(struct place_world *place, place_slot *slot, const char *word)
{
	struct outcome outcome;
	int code;

	place_call(place, slot, &outcome);
	code = outcome.error ? (int)error_code(outcome.error) : -1;
	if (outcome.error && !strstr(outcome.error->message, word))
		fail_msg("\"%s\" is not in: %s", word, outcome.error->message);
	outcomes_clear(&outcome, 1);
	return code;
}

struct json_object *place_ask(const char *method, const char *parameters)
{
	g_autofree char *command = g_strdup_printf(
		"{\"do\": \"call\", \"method\": \"%s\", \"params\": %s}", method, parameters);
	g_autofree char *text = koji_control(command);
	struct json_object *value = NULL;
	g_autoptr(GError) error = NULL;

	if (!read_json(text, strlen(text), &value, &error))
		fail_msg("%s: %s: %s", method, error->message, text);
	return value;
}

char *place_text(const char *method, const char *parameters)
{
	g_autoptr(JsonObject) value = place_ask(method, parameters);

	return g_strdup(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

int64_t place_count(const char *method)
{
	g_autofree char *text = koji_control("{\"do\": \"counts\"}");
	g_autoptr(JsonObject) counts = NULL;
	struct json_object *methods, *row, *number;
	int64_t sum = 0;

	assert_true(read_json(text, strlen(text), &counts, NULL));
	json_object_object_get_ex(counts, "methods", &methods);
	if (!json_object_object_get_ex(methods, method, &row))
		return 0;
	json_object_object_get_ex(row, "http", &number);
	sum += json_object_get_int64(number);
	json_object_object_get_ex(row, "inside", &number);
	return sum + json_object_get_int64(number);
}

int64_t place_writes(void)
{
	static const char *const methods[] = {
		"createTag",
		"editTag2",
		"packageListAdd",
		"packageListBlock",
		"packageListUnblock",
		"groupListAdd",
		"groupPackageListAdd",
		"setInheritanceData",
		"createBuildTarget",
		"deleteBuildTarget",
		"tagBuild",
		"untagBuild",
		"newRepo",
		"repo.request",
		"cancelTask",
	};
	int64_t sum = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
		sum += place_count(methods[i]);
	return sum;
}

void place_tell(const char *json)
{
	g_free(koji_control(json));
}

static gint by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The members of each struct in a list, sorted, without numbers of events and of rows. */
static void draw_list(GString *picture, const char *method, const char *parameters,
		      const char *const *members)
{
	g_autoptr(JsonObject) list = place_ask(method, parameters);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		GString *line = g_string_new(method);

		for (size_t j = 0; members[j]; j++) {
			struct json_object *member = NULL;

			json_object_object_get_ex(row, members[j], &member);
			g_string_append_printf(
				line, " %s",
				json_object_to_json_string_ext(member, JSON_C_TO_STRING_PLAIN));
		}
		g_ptr_array_add(lines, g_string_free(line, FALSE));
	}
	g_ptr_array_sort(lines, by_text);
	for (guint i = 0; i < lines->len; i++)
		g_string_append_printf(picture, "%s\n", (char *)lines->pdata[i]);
}

/* The packages of a group, inherited ones too: a buildroot does not tell them apart. */
static void draw_group(GString *picture, struct json_object *groups, const char *wanted)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (size_t i = 0; i < json_object_array_length(groups); i++) {
		struct json_object *group = json_object_array_get_idx(groups, i);
		struct json_object *name, *packages, *package;

		json_object_object_get_ex(group, "name", &name);
		json_object_object_get_ex(group, "packagelist", &packages);
		if (strcmp(json_object_get_string(name), wanted) != 0)
			continue;
		for (size_t j = 0; j < json_object_array_length(packages); j++) {
			json_object_object_get_ex(json_object_array_get_idx(packages, j), "package",
						  &package);
			g_ptr_array_add(names, (char *)(uintptr_t)json_object_get_string(package));
		}
	}
	g_ptr_array_sort(names, by_text);
	g_string_append_printf(picture, "group %s:", wanted);
	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(picture, " %s", (char *)names->pdata[i]);
	g_string_append_c(picture, '\n');
}

char *place_picture(void)
{
	static const char *const packages[] = { "package_name", "owner_name", "blocked", NULL };
	static const char *const links[] = { "name", "priority", "maxdepth", "intransitive", NULL };
	static const char *const tags[] = { PLACE_TAG, PLACE_BUILD_TAG };
	GString *picture = g_string_new(NULL);
	g_autofree char *target = NULL;
	g_autoptr(JsonObject) groups = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(tags); i++) {
		g_autofree char *parameters = g_strdup_printf("[\"%s\"]", tags[i]);
		g_autoptr(JsonObject) tag = place_ask("getTag", parameters);
		struct json_object *arches, *extra;

		json_object_object_get_ex(tag, "arches", &arches);
		json_object_object_get_ex(tag, "extra", &extra);
		g_string_append_printf(
			picture, "tag %s %s\n", json_object_get_string(arches),
			json_object_to_json_string_ext(extra, JSON_C_TO_STRING_PLAIN));
		draw_list(picture, "listPackages", parameters, packages);
	}
	groups = place_ask("getTagGroups", "[\"" PLACE_BUILD_TAG "\"]");
	draw_group(picture, groups, "build");
	draw_group(picture, groups, "srpm-build");
	draw_list(picture, "getInheritanceData", "[\"" PLACE_BUILD_TAG "\"]", links);
	target = place_text("getBuildTarget", "[\"" PLACE_TAG "\"]");
	g_string_append_printf(picture, "target %s\n", target);
	return g_string_free(picture, FALSE);
}

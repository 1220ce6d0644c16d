/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_place.h"

#include <string.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "text/json.h"

/* An option's value: what reads as JSON is that, everything else is text. */
static struct json_object *setting_value(const char *text)
{
	struct json_object *value = NULL;

	if (read_json(text, strlen(text), &value, NULL))
		return value;
	return json_object_new_string(text);
}

static void overlay(struct json_object *settings, const char *key, int value)
{
	if (value >= 0)
		json_object_object_add(settings, key, json_object_new_boolean(value));
}

/* The extra settings of both tags; the module's own words win. */
static struct json_object *wanted_settings(const struct koji_place *place)
{
	struct json_object *settings = json_object_new_object();
	char *const *row = place->options->tag_extra_opts;

	for (; row && *row; row++) {
		const char *equals = strchr(*row, '=');
		g_autofree char *key = equals ? g_strndup(*row, equals - *row) : g_strdup(*row);

		json_object_object_add(settings, key, setting_value(equals ? equals + 1 : ""));
	}
	overlay(settings, "repo_include_all", place->document->repo_include_all);
	overlay(settings, "dynamic_buildrequires", place->document->dynamic_buildrequires);
	return settings;
}

/* Of the wanted settings those that the tag has not. */
static struct json_object *other_settings(struct json_object *tag, struct json_object *wanted)
{
	struct json_object *others = json_object_new_object();
	struct json_object *extra = NULL;

	json_object_object_get_ex(tag, "extra", &extra);
	json_object_object_foreach(wanted, key, value)
	{
		struct json_object *has = NULL;

		if (json_object_is_type(extra, json_type_object) &&
		    json_object_object_get_ex(extra, key, &has) && json_object_equal(has, value))
			continue;
		json_object_object_add(others, key, json_object_get(value));
	}
	return others;
}

/* The number of the permission that is asked for; 0: none is. */
static bool permission_find(const struct koji_place *place, int64_t *ret, GError **error)
{
	const char *wanted = place->options->tag_permission;

	*ret = 0;
	if (!wanted || !*wanted)
		return true;
	for (size_t i = 0; i < json_object_array_length(place->permissions); i++) {
		struct json_object *row = json_object_array_get_idx(place->permissions, i);

		if (g_strcmp0(koji_text(row, "name"), wanted) == 0 && koji_number(row, "id", ret))
			return true;
	}
	return fail(error, RIDA_ERROR_INTERNAL,
		    "the hub has no permission \"%s\": correct the option koji_tag_permission",
		    wanted);
}

static bool same_arches(struct json_object *tag, const char *wanted)
{
	const char *text = koji_text(tag, "arches");
	g_auto(GStrv) has = g_strsplit(text ? text : "", " ", -1);
	g_auto(GStrv) want = g_strsplit(wanted, " ", -1);
	size_t common = 0;

	for (size_t i = 0; has[i]; i++) {
		if (*has[i] && !g_strv_contains((const char *const *)want, has[i]))
			return false;
		common += *has[i] != '\0';
	}
	return common == g_strv_length(want);
}

static bool lock_check(struct json_object *tag, const char *name, struct outcome *outcome)
{
	bool is_locked = false;

	if (!koji_truth(tag, "locked", &is_locked))
		return koji_nonsense(outcome, name);
	if (is_locked)
		return fail(&outcome->error, RIDA_ERROR_INTERNAL,
			    "tag %s is locked: an operator of Koji must unlock it", name);
	return true;
}

/* What both tags are to be. */
struct tag_wish {
	const char *arches;
	int64_t permission; /* 0: whatever it is */
	struct json_object *settings;
};

static void plan_edit(struct json_object *tag, const char *name, const struct tag_wish *wish,
		      struct koji_batch *writes)
{
	struct json_object *changes = json_object_new_object();
	struct json_object *settings = other_settings(tag, wish->settings);
	int64_t permission = 0;

	koji_number(tag, "perm_id", &permission);
	if (!same_arches(tag, wish->arches))
		json_object_object_add(changes, "arches", json_object_new_string(wish->arches));
	if (wish->permission && wish->permission != permission)
		json_object_object_add(changes, "perm", json_object_new_int64(wish->permission));
	if (json_object_object_length(settings))
		json_object_object_add(changes, "extra", json_object_get(settings));
	json_object_put(settings);
	if (json_object_object_length(changes))
		koji_batch_add(writes, "editTag2", "sn", name, changes);
	else
		json_object_put(changes);
}

static bool plan_tag(struct koji_place *place, struct json_object *tag, const char *name,
		     const struct tag_wish *wish, struct koji_batch *writes)
{
	struct json_object *settings;

	if (tag) {
		if (!lock_check(tag, name, place->outcome))
			return false;
		plan_edit(tag, name, wish, writes);
		return true;
	}
	settings = json_object_new_object();
	json_object_object_add(settings, "arches", json_object_new_string(wish->arches));
	if (wish->permission)
		json_object_object_add(settings, "perm", json_object_new_int64(wish->permission));
	json_object_object_add(settings, "extra", json_object_get(wish->settings));
	koji_batch_add(writes, "createTag", "sn", name, settings);
	return true;
}

bool koji_plan_tags(struct koji_place *place, struct koji_batch *writes)
{
	g_autoptr(JsonObject) settings = wanted_settings(place);
	struct tag_wish wish = { .settings = settings };

	if (!permission_find(place, &wish.permission, &place->outcome->error))
		return false;
	g_free(place->arches);
	place->arches = koji_place_arches(place, &place->outcome->error);
	wish.arches = place->arches;
	return place->arches &&
	       plan_tag(place, place->tag, place->want->build->tag, &wish, writes) &&
	       plan_tag(place, place->build_tag_info, place->build_tag, &wish, writes);
}

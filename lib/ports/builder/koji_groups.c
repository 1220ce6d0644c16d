/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_place.h"

#include "ports/builder/koji_answer.h"

/* A row that is blocked hides what is inherited: it is as if it were not there. */
static bool row_named(struct json_object *rows, const char *member, const char *name,
		      struct json_object **ret)
{
	const size_t count = rows ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		bool is_blocked = false;

		if (g_strcmp0(koji_text(row, member), name) != 0)
			continue;
		*ret = row;
		return !koji_truth(row, "blocked", &is_blocked) || !is_blocked;
	}
	return false;
}

bool koji_groups_check(struct json_object *groups, const char *tag, struct outcome *outcome)
{
	const size_t count = groups ? json_object_array_length(groups) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *group = json_object_array_get_idx(groups, i);
		struct json_object *packages = koji_array(group, "packagelist");

		if (!koji_text(group, "name") || !packages)
			return koji_nonsense(outcome, tag);
		for (size_t j = 0; j < json_object_array_length(packages); j++)
			if (!koji_text(json_object_array_get_idx(packages, j), "package"))
				return koji_nonsense(outcome, tag);
	}
	return true;
}

/*
 * What a group inherits is there: adding it would do nothing. Groups are made before their tag
 * inherits anything, so that is only so where somebody else was at work.
 */
bool koji_plan_group(struct json_object *groups, const char *build_tag, const char *name,
		     const GPtrArray *packages, struct koji_batch *writes)
{
	const size_t before = koji_batch_count(writes);
	struct json_object *group = NULL, *row = NULL;

	if (!row_named(groups, "name", name, &group)) {
		koji_batch_add(writes, "groupListAdd", "ss", build_tag, name);
		group = NULL;
	}
	for (guint i = 0; i < packages->len; i++)
		if (!row_named(koji_array(group, "packagelist"), "package",
			       g_ptr_array_index(packages, i), &row))
			koji_batch_add(writes, "groupPackageListAdd", "sss", build_tag, name,
				       g_ptr_array_index(packages, i));
	return koji_batch_count(writes) > before;
}

static void add_words(GPtrArray *words, GHashTable *seen, const char *text)
{
	g_auto(GStrv) some = g_strsplit(text ? text : "", " ", -1);

	for (size_t i = 0; some[i]; i++)
		if (*some[i] && g_hash_table_add(seen, g_strdup(some[i])))
			g_ptr_array_add(words, g_strdup(some[i]));
}

bool koji_plan_groups(struct koji_place *place, struct koji_batch *writes)
{
	const GPtrArray *requires = place->want->requires;

	if (!koji_groups_check(place->groups, place->build_tag, place->outcome))
		return false;
	for (int is_srpm = 0; is_srpm < 2; is_srpm++) {
		g_autoptr(GPtrArray) packages = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GHashTable) seen =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

		for (guint i = 0; requires && i < requires->len; i++) {
			const struct build_require *require = g_ptr_array_index(requires, i);

			add_words(packages, seen,
				  is_srpm ? require->srpm_buildroot : require->buildroot);
		}
		koji_plan_group(place->groups, place->build_tag, is_srpm ? "srpm-build" : "build",
				packages, writes);
	}
	return true;
}

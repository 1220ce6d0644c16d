/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_place.h"

#include "ports/builder/koji_answer.h"

GHashTable *koji_listed_packages(struct json_object *list, const char *tag, struct outcome *outcome)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	const size_t count = list ? json_object_array_length(list) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(list, i);
		const char *name = koji_text(row, "package_name");
		bool is_blocked = false;

		if (!name || !koji_truth(row, "blocked", &is_blocked)) {
			koji_nonsense(outcome, tag);
			return NULL;
		}
		g_hash_table_insert(names, (char *)(uintptr_t)name,
				    GINT_TO_POINTER(is_blocked ? KOJI_BLOCKED : KOJI_LISTED));
	}
	return g_steal_pointer(&names);
}

static bool plan_list(struct koji_place *place, struct json_object *list, const char *tag,
		      const GPtrArray *packages, struct koji_batch *writes)
{
	g_autoptr(GHashTable) names = koji_listed_packages(list, tag, place->outcome);

	if (!names)
		return false;
	for (guint i = 0; i < packages->len; i++) {
		const char *name = g_ptr_array_index(packages, i);

		if (!g_hash_table_contains(names, name))
			koji_batch_add(writes, "packageListAdd", "ssi", tag, name, place->owner);
	}
	return true;
}

bool koji_plan_packages(struct koji_place *place, struct koji_batch *writes)
{
	g_autoptr(GPtrArray) packages = koji_place_packages(place);

	return plan_list(place, place->packages, place->want->build->tag, packages, writes) &&
	       plan_list(place, place->build_packages, place->build_tag, packages, writes);
}

/* A component that is built is used, although what was inherited under its name is not. */
static bool is_built(const struct build *build, const char *name)
{
	const struct component *component = build_component(build, name);

	return component && component->state == COMPONENT_COMPLETE;
}

bool koji_plan_blocked(struct koji_place *place, struct koji_batch *writes)
{
	g_autoptr(GHashTable) names =
		koji_listed_packages(place->build_packages, place->build_tag, place->outcome);

	if (!names)
		return false;
	for (char **name = place->document->blocked_packages; name && *name; name++)
		if (g_hash_table_lookup(names, *name) != GINT_TO_POINTER(KOJI_BLOCKED) &&
		    !is_built(place->want->build, *name))
			koji_batch_add(writes, "packageListBlock", "ss", place->build_tag, *name);
	return true;
}

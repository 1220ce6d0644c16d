/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_place.h"

#include "base/error.h"
#include "ports/builder/koji_answer.h"

#define PRIORITY_STEP 10

static struct json_object *link_to(const struct koji_place *place, int64_t parent)
{
	const size_t count = place->links ? json_object_array_length(place->links) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *link = json_object_array_get_idx(place->links, i);
		int64_t id = 0;

		if (koji_number(link, "parent_id", &id) && id == parent)
			return link;
	}
	return NULL;
}

static bool parent_id(const struct koji_place *place, guint i, int64_t *ret)
{
	return koji_number(place->parents[i], "id", ret);
}

static bool is_ours(const struct koji_place *place, int64_t parent)
{
	for (guint i = 0; i < place->requires->len; i++) {
		int64_t id = 0;

		if (parent_id(place, i, &id) && id == parent)
			return true;
	}
	return false;
}

/* The priorities of links that somebody else made: they stay as they are. False: the outcome has
 * the error. */
static bool foreign_priorities(const struct koji_place *place, GHashTable *ret)
{
	const size_t count = place->links ? json_object_array_length(place->links) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *link = json_object_array_get_idx(place->links, i);
		int64_t parent = 0, priority = 0;

		if (!koji_number(link, "parent_id", &parent) ||
		    !koji_number(link, "priority", &priority))
			return koji_nonsense(place->outcome, place->build_tag);
		if (!is_ours(place, parent))
			g_hash_table_add(ret, GINT_TO_POINTER((gint)priority));
	}
	return true;
}

/* Whether a link is as ours are. */
static bool link_fits(struct json_object *link, int64_t priority)
{
	const char *filter = koji_text(link, "pkg_filter");
	struct json_object *depth = NULL;
	bool is_intransitive = true, has_no_config = true;
	int64_t has = -1;

	return koji_number(link, "priority", &has) && has == priority &&
	       koji_truth(link, "intransitive", &is_intransitive) && !is_intransitive &&
	       koji_truth(link, "noconfig", &has_no_config) && !has_no_config &&
	       json_object_object_get_ex(link, "maxdepth", &depth) && !depth && filter && !*filter;
}

static struct json_object *link_new(int64_t parent, int64_t priority)
{
	struct json_object *link = json_object_new_object();

	json_object_object_add(link, "parent_id", json_object_new_int64(parent));
	json_object_object_add(link, "priority", json_object_new_int64(priority));
	json_object_object_add(link, "maxdepth", NULL);
	json_object_object_add(link, "intransitive", json_object_new_boolean(false));
	json_object_object_add(link, "noconfig", json_object_new_boolean(false));
	json_object_object_add(link, "pkg_filter", json_object_new_string(""));
	return link;
}

bool koji_plan_parents(struct koji_place *place, struct koji_batch *writes)
{
	g_autoptr(GHashTable) taken = g_hash_table_new(NULL, NULL);
	struct json_object *links = json_object_new_array();
	bool is_same = foreign_priorities(place, taken);
	int64_t priority = 0;

	for (guint i = 0; i < place->requires->len; i++, priority += PRIORITY_STEP) {
		const struct build_require *require = g_ptr_array_index(place->requires, i);
		int64_t id = 0;

		if (!place->outcome->error && !parent_id(place, i, &id))
			fail(&place->outcome->error, RIDA_ERROR_MISSING,
			     "the tag %s of module %s:%s, which is to be built with, does not "
			     "exist",
			     require->tag, require->name, require->stream);
		while (g_hash_table_contains(taken, GINT_TO_POINTER((gint)priority)))
			priority += PRIORITY_STEP;
		is_same = is_same && link_fits(link_to(place, id), priority);
		json_object_array_add(links, link_new(id, priority));
	}
	if (place->outcome->error || is_same)
		json_object_put(links);
	else
		koji_batch_add(writes, "setInheritanceData", "so", place->build_tag, links);
	return !place->outcome->error;
}

/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include "base/error.h"
#include "model/batch.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_place.h"
#include "ports/builder/koji_tagging.h"

/* One build whose components are to be in its tags. */
struct tagging {
	const struct build *build;
	struct outcome *outcome;
	char *build_tag;
	GPtrArray *missing;             /* struct koji_missing */
	const struct component *macros; /* complete, but not known to be in the groups */
	bool macros_are_listed;
	size_t groups; /* number of the call */
};

static bool tagging_init(struct tagging *tagging, const struct koji_builder *koji,
			 const struct build_want *want, struct outcome *outcome)
{
	const struct build *build = want->build;

	*outcome = (struct outcome){ .task_state = TASK_NONE };
	*tagging = (struct tagging){ .build = build, .outcome = outcome };
	tagging->missing = g_ptr_array_new_with_free_func(g_free);
	tagging->build_tag = koji_build_tag(build);
	return koji_name_check(koji, build->tag, &outcome->error) &&
	       koji_name_check(koji, tagging->build_tag, &outcome->error);
}

static void tagging_clear(struct tagging *tagging)
{
	g_ptr_array_unref(tagging->missing);
	g_free(tagging->build_tag);
}

static void list_all(struct koji_builder *koji, const struct tagging *all, size_t count)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new();

	for (size_t i = 0; i < count; i++) {
		if (all[i].outcome->error)
			continue;
		g_ptr_array_add(tags, all[i].build->tag);
		g_ptr_array_add(tags, all[i].build_tag);
	}
	koji_list_tags(koji, (const char *const *)tags->pdata, tags->len);
}

static void miss(struct tagging *tagging, const struct component *component, const char *tag)
{
	struct koji_missing *missing = g_new0(struct koji_missing, 1);

	*missing = (struct koji_missing){ .nvr = component->nvr,
					  .tag = tag,
					  .build_tag = tagging->build_tag,
					  .outcome = tagging->outcome };
	g_ptr_array_add(tagging->missing, missing);
}

/* What is complete and usable must be in both tags; the macros, in the build tag. */
static void compare(struct tagging *tagging, const struct koji_tagged *tag,
		    const struct koji_tagged *build_tag)
{
	const struct batch_view view = batch_view(tagging->build);
	const GPtrArray *components = tagging->build->components;

	for (guint i = 0; i < components->len && !tagging->outcome->error; i++) {
		const struct component *component = g_ptr_array_index(components, i);
		bool is_listed;

		if (component->batch > view.usable || component->state != COMPONENT_COMPLETE)
			continue;
		if (!component->nvr || !*component->nvr) {
			fail(&tagging->outcome->error, RIDA_ERROR_INTERNAL,
			     "component %s is built, but what it became is not known",
			     component->name);
			return;
		}
		is_listed = g_hash_table_contains(build_tag->entries, component->nvr);
		if (!is_listed)
			miss(tagging, component, tagging->build_tag);
		if (component->build_time_only && !component->tagged) {
			tagging->macros = component;
			tagging->macros_are_listed = is_listed;
		}
		if (!component->build_time_only &&
		    !g_hash_table_contains(tag->entries, component->nvr))
			miss(tagging, component, tagging->build->tag);
	}
}

static void look(const struct koji_builder *koji, struct tagging *tagging)
{
	struct koji_tagged tag = { 0 }, build_tag = { 0 };

	if (koji_tagged_read(koji, tagging->build->tag, tagging->outcome, &tag) &&
	    koji_tagged_read(koji, tagging->build_tag, tagging->outcome, &build_tag))
		compare(tagging, &tag, &build_tag);
	koji_tagged_clear(&tag);
	koji_tagged_clear(&build_tag);
}

static void plan_macros(struct tagging *tagging, const struct koji_batch *reads,
			struct koji_batch *writes)
{
	g_autoptr(GPtrArray) packages = g_ptr_array_new();
	struct json_object *groups = NULL;
	bool is_changed;

	if (!koji_expect(reads, tagging->groups, json_type_array, tagging->build_tag,
			 tagging->outcome, &groups) ||
	    !koji_groups_check(groups, tagging->build_tag, tagging->outcome))
		return;
	g_ptr_array_add(packages, tagging->macros->name);
	is_changed = koji_plan_group(groups, tagging->build_tag, "srpm-build", packages, writes);
	is_changed |= koji_plan_group(groups, tagging->build_tag, "build", packages, writes);
	if (!is_changed || !tagging->macros_are_listed)
		return;
	koji_batch_add(writes, "untagBuild", "ss*b", tagging->build_tag, tagging->macros->nvr,
		       "strict", false);
	miss(tagging, tagging->macros, tagging->build_tag);
}

/*
 * The macros are put into the groups first, then tagged: a repository that is newer than what is
 * tagged then has both. Where they were tagged before, they are tagged anew.
 */
static void group_macros(struct koji_builder *koji, struct tagging *all, size_t count)
{
	g_autoptr(KojiBatch) reads = koji_batch_new();
	g_autoptr(KojiBatch) writes = koji_batch_new();
	g_autoptr(GPtrArray) owners = g_ptr_array_new();

	for (size_t i = 0; i < count; i++)
		if (!all[i].outcome->error && all[i].macros)
			all[i].groups =
				koji_batch_add(reads, "getTagGroups", "s", all[i].build_tag);
	koji_batch_read(reads, koji->session);
	for (size_t i = 0; i < count; i++) {
		if (!all[i].outcome->error && all[i].macros)
			plan_macros(&all[i], reads, writes);
		while (owners->len < koji_batch_count(writes))
			g_ptr_array_add(owners, &all[i]);
	}
	koji_batch_write(writes, koji->session);
	for (guint i = 0; i < owners->len; i++) {
		const struct tagging *owner = g_ptr_array_index(owners, i);

		koji_blame(owner->outcome, koji_batch_answer(writes, i), owner->build_tag);
		if (owner->macros_are_listed)
			koji_forget_listing(koji, owner->build_tag);
	}
}

/* False: each has the error. */
static bool learn_doings(struct koji_builder *koji, struct outcome *outcomes, size_t count)
{
	struct outcome seen = { 0 };
	const bool is_known = koji_learn_doings(koji, &seen);

	for (size_t i = 0; i < count && seen.error; i++) {
		if (outcomes[i].error)
			continue;
		outcomes[i].error = g_error_copy(seen.error);
		outcomes[i].is_outage = seen.is_outage;
	}
	outcomes_clear(&seen, 1);
	return is_known;
}

static void tag_all(struct koji_builder *koji, struct tagging *all, size_t count)
{
	g_autoptr(GPtrArray) missing = g_ptr_array_new();

	list_all(koji, all, count);
	for (size_t i = 0; i < count; i++)
		if (!all[i].outcome->error)
			look(koji, &all[i]);
	group_macros(koji, all, count);
	for (size_t i = 0; i < count; i++)
		for (guint j = 0; j < all[i].missing->len && !all[i].outcome->error; j++)
			g_ptr_array_add(missing, g_ptr_array_index(all[i].missing, j));
	koji_tag_missing(koji, missing);
}

void koji_tag_many(struct builder *builder, const struct build_want *wants, size_t count,
		   struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct tagging *all = g_new0(struct tagging, count);

	for (size_t i = 0; i < count; i++)
		tagging_init(&all[i], koji, &wants[i], &outcomes[i]);
	if (learn_doings(koji, outcomes, count))
		tag_all(koji, all, count);
	for (size_t i = 0; i < count; i++) {
		outcomes[i].is_ready = !outcomes[i].error && !all[i].missing->len;
		tagging_clear(&all[i]);
	}
}

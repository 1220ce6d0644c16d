/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_place.h"

/* Somebody else may make what we are about to make: then it is looked at once more. */
#define ROUNDS 2

#define FAULT_GENERIC 1000

struct preparation {
	struct koji_place place;
	/* The numbers of its calls. */
	size_t tag, build_tag, packages, build_packages, groups, links, target, owner, permissions;
	size_t *parents;
	size_t first_write, first_block, end_write;
	bool is_done;
};

/* What several builds have in common is read once. */
static void ask(struct preparation *one, struct koji_batch *batch)
{
	const struct koji_place *place = &one->place;
	const struct build *build = place->want->build;

	one->tag = koji_batch_once(batch, "getTag", build->tag);
	one->build_tag = koji_batch_once(batch, "getTag", place->build_tag);
	one->packages = koji_batch_once(batch, "listPackages", build->tag);
	one->build_packages = koji_batch_once(batch, "listPackages", place->build_tag);
	one->groups = koji_batch_once(batch, "getTagGroups", place->build_tag);
	one->links = koji_batch_once(batch, "getInheritanceData", place->build_tag);
	one->target = koji_batch_once(batch, "getBuildTarget", build->target);
	if (build->owner && *build->owner)
		one->owner = koji_batch_once(batch, "getUser", build->owner);
	if (place->options->tag_permission && *place->options->tag_permission)
		one->permissions = koji_batch_once(batch, "getAllPerms", "");
	for (guint i = 0; i < place->requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(place->requires, i);

		one->parents[i] = koji_batch_once(batch, "getTag", require->tag);
	}
}

/* Of a tag that is there, everything else is there too, if it is an empty list. */
static bool expect_list(const struct koji_batch *batch, size_t call, const char *tag,
			struct outcome *outcome, struct json_object **ret)
{
	if (!koji_expect(batch, call, json_type_array, tag, outcome, ret))
		return false;
	return *ret || koji_nonsense(outcome, tag);
}

static bool see_tags(struct preparation *one, const struct koji_batch *batch)
{
	struct koji_place *place = &one->place;
	struct outcome *outcome = place->outcome;
	const char *tag = place->want->build->tag;

	/* What an earlier round has read is gone. */
	place->packages = place->build_packages = place->groups = place->links = NULL;
	if (!koji_expect_tag(batch, one->tag, tag, outcome, &place->tag) ||
	    !koji_expect_tag(batch, one->build_tag, place->build_tag, outcome,
			     &place->build_tag_info))
		return false;
	for (guint i = 0; i < place->requires->len; i++) {
		const struct build_require *require = g_ptr_array_index(place->requires, i);

		if (!koji_expect_tag(batch, one->parents[i], require->tag, outcome,
				     &place->parents[i]))
			return false;
	}
	if (place->tag && !expect_list(batch, one->packages, tag, outcome, &place->packages))
		return false;
	return !place->build_tag_info ||
	       (expect_list(batch, one->build_packages, place->build_tag, outcome,
			    &place->build_packages) &&
		expect_list(batch, one->groups, place->build_tag, outcome, &place->groups) &&
		expect_list(batch, one->links, place->build_tag, outcome, &place->links));
}

/* An owner that the hub does not know is us. */
static bool see_owner(struct koji_builder *koji, struct preparation *one,
		      const struct koji_batch *batch)
{
	struct koji_place *place = &one->place;
	const struct build *build = place->want->build;
	GError *problem = NULL;
	struct json_object *user = NULL;
	uint64_t own = 0;

	if (build->owner && *build->owner &&
	    !koji_expect(batch, one->owner, json_type_object, build->owner, place->outcome, &user))
		return false;
	if (user)
		return koji_number(user, "id", &place->owner) ||
		       koji_nonsense(place->outcome, build->owner);
	if (koji_user_id(koji->session, &own, &problem)) {
		place->owner = (int64_t)own;
		return true;
	}
	koji_take_error(koji, place->outcome, problem);
	return false;
}

static bool see(struct koji_builder *koji, struct preparation *one, const struct koji_batch *batch)
{
	struct koji_place *place = &one->place;
	const char *permission = place->options->tag_permission;
	const char *target = place->want->build->target;

	if (!see_tags(one, batch) || !koji_expect(batch, one->target, json_type_object, target,
						  place->outcome, &place->target))
		return false;
	if (permission && *permission &&
	    !expect_list(batch, one->permissions, permission, place->outcome, &place->permissions))
		return false;
	return see_owner(koji, one, batch);
}

static bool plan(struct koji_place *place, struct koji_batch *writes, size_t *ret_first_block)
{
	/* Groups come before what the tag inherits: the hub adds nothing that is inherited. What
	 * is blocked must be inherited by then. */
	koji_plan *const plans[] = { koji_plan_tags, koji_plan_packages, koji_plan_groups,
				     koji_plan_parents, koji_plan_target };

	for (size_t i = 0; i < G_N_ELEMENTS(plans); i++)
		if (!plans[i](place, writes))
			return false;
	*ret_first_block = koji_batch_count(writes);
	return koji_plan_blocked(place, writes);
}

/* A plan that ends in an error has written nothing, because it was tried on paper. */
static void plan_writes(struct preparation *one, struct koji_batch *writes)
{
	g_autoptr(KojiBatch) paper = koji_batch_new();

	one->first_write = koji_batch_count(writes);
	if (!plan(&one->place, paper, &one->first_block))
		return;
	plan(&one->place, writes, &one->first_block);
	one->end_write = koji_batch_count(writes);
}

/* Whether nothing is left to do, or can be done. */
static bool learn(struct preparation *one, const struct koji_batch *writes, bool is_last)
{
	struct koji_place *place = &one->place;

	for (size_t i = one->first_write; i < one->end_write; i++) {
		struct koji_answer *answer = koji_batch_answer(writes, i);

		if (!answer->error)
			continue;
		/* What the hub cannot block is not there. */
		if (i >= one->first_block && answer->fault_code == FAULT_GENERIC)
			continue;
		if (!is_last && error_code(answer->error) == RIDA_ERROR_CONFLICT)
			return false;
		koji_blame(place->outcome, answer, place->build_tag);
	}
	return true;
}

static void prepare_round(struct koji_builder *koji, struct preparation *all, size_t count,
			  bool is_last)
{
	g_autoptr(KojiBatch) reads = koji_batch_new();
	g_autoptr(KojiBatch) writes = koji_batch_new();

	for (size_t i = 0; i < count; i++)
		if (!all[i].is_done)
			ask(&all[i], reads);
	koji_batch_read(reads, koji->session);
	for (size_t i = 0; i < count; i++) {
		all[i].first_write = all[i].end_write = 0;
		if (!all[i].is_done && see(koji, &all[i], reads))
			plan_writes(&all[i], writes);
	}
	koji_batch_write(writes, koji->session);
	for (size_t i = 0; i < count; i++)
		all[i].is_done = all[i].is_done || learn(&all[i], writes, is_last);
}

static void weigh(struct koji_builder *koji, const struct preparation *all, size_t count)
{
	g_autofree struct koji_weighing *weighings = g_new0(struct koji_weighing, count);
	size_t used = 0;

	for (size_t i = 0; i < count; i++) {
		const struct koji_place *place = &all[i].place;
		g_auto(GStrv) arches = g_strsplit(place->arches ? place->arches : "", " ", -1);

		if (!place->outcome->error)
			weighings[used++] =
				(struct koji_weighing){ place->want->build, g_strv_length(arches),
							place->outcome };
	}
	koji_weigh(koji, weighings, used);
}

void koji_prepare_many(struct builder *builder, const struct build_want *wants, size_t count,
		       struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct preparation *all = g_new0(struct preparation, count);

	for (size_t i = 0; i < count; i++) {
		outcomes[i] = (struct outcome){ .task_state = TASK_NONE };
		all[i].is_done = !koji_place_init(&all[i].place, koji, &wants[i], &outcomes[i]);
		all[i].parents = g_new0(size_t, all[i].place.requires->len + 1);
	}
	for (int i = 0; i < ROUNDS; i++)
		prepare_round(koji, all, count, i == ROUNDS - 1);
	weigh(koji, all, count);
	for (size_t i = 0; i < count; i++) {
		koji_place_clear(&all[i].place);
		g_free(all[i].parents);
	}
}

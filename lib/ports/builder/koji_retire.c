/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_import.h"
#include "ports/builder/koji_repo.h"

struct leaving {
	const struct build *build;
	struct outcome *outcome;
	char *build_tag;
	size_t target, task; /* numbers of calls */
	bool has_target, has_task;
};

static void leaving_init(struct leaving *one, const struct build *build, struct outcome *outcome)
{
	*outcome = (struct outcome){ .task_state = TASK_NONE };
	*one = (struct leaving){ .build = build, .outcome = outcome };
	one->build_tag = koji_build_tag(build);
}

/* What has no name of ours was not made by us, and stays. */
static void ask(const struct koji_builder *koji, struct leaving *one, struct koji_batch *batch)
{
	const struct build *build = one->build;

	one->has_target = build->target && koji_name_check(koji, build->target, NULL);
	one->has_task =
		build->repo_task_id && build->tag && koji_name_check(koji, one->build_tag, NULL);
	if (one->has_target)
		one->target = koji_batch_add(batch, "getBuildTarget", "s", build->target);
	if (one->has_task)
		one->task = koji_batch_add(batch, "getTaskInfo", "i*b",
					   (int64_t)build->repo_task_id, "request", true);
}

/* Where the hub has requests the number is of one, and most likely no task of ours; a request
 * needs no end, because another build's repository may answer it. */
static void plan_task(struct leaving *one, const struct koji_batch *reads,
		      struct koji_batch *writes)
{
	struct json_object *task = NULL;
	int64_t state = -1;

	if (!one->has_task ||
	    !koji_expect(reads, one->task, json_type_object, one->build_tag, one->outcome, &task))
		return;
	if (koji_repo_task_is_of(task, one->build_tag) && koji_number(task, "state", &state) &&
	    state >= 0 && state < TASK_STATE__COUNT && task_state_is_active((enum task_state)state))
		koji_batch_add(writes, "cancelTask", "i", (int64_t)one->build->repo_task_id);
}

/* A target that leads from or to other tags is not ours, whatever its name is. */
static void plan_target(struct leaving *one, const struct koji_batch *reads,
			struct koji_batch *writes)
{
	struct json_object *target = NULL;
	int64_t id = 0;

	if (!one->has_target || !koji_expect(reads, one->target, json_type_object,
					     one->build->target, one->outcome, &target))
		return;
	if (!target || g_strcmp0(koji_text(target, "dest_tag_name"), one->build->tag) != 0 ||
	    g_strcmp0(koji_text(target, "build_tag_name"), one->build_tag) != 0)
		return;
	if (g_strcmp0(koji_text(target, "name"), one->build->target) != 0 ||
	    !koji_number(target, "id", &id))
		koji_nonsense(one->outcome, one->build->target);
	else
		koji_batch_add(writes, "deleteBuildTarget", "i", id);
}

/* What is gone already is fine. */
static void write_all(struct koji_builder *koji, struct koji_batch *writes, const GPtrArray *owners)
{
	koji_batch_write(writes, koji->session);
	for (guint i = 0; i < owners->len; i++) {
		const struct leaving *one = g_ptr_array_index(owners, i);
		struct koji_answer *answer = koji_batch_answer(writes, i);

		if (answer->error && error_code(answer->error) != RIDA_ERROR_MISSING)
			koji_blame(one->outcome, answer, one->build_tag);
	}
}

typedef void plan_fn(const struct koji_builder *koji, struct leaving *one,
		     const struct koji_batch *reads, struct koji_batch *writes);

static void plan_clean(const struct koji_builder *koji G_GNUC_UNUSED, struct leaving *one,
		       const struct koji_batch *reads, struct koji_batch *writes)
{
	plan_task(one, reads, writes);
	plan_target(one, reads, writes);
}

static void plan_untag(const struct koji_builder *koji, struct leaving *one, const char *tag,
		       struct koji_batch *writes)
{
	const GPtrArray *components = one->build->components;
	struct outcome seen = { 0 };
	struct koji_tagged tagged = { 0 };

	if (!koji_tagged_read(koji, tag, &seen, &tagged)) {
		/* Where there is no tag, nothing is in it. */
		if (error_code(seen.error) != RIDA_ERROR_MISSING && !one->outcome->error) {
			one->outcome->error = g_steal_pointer(&seen.error);
			one->outcome->is_outage = seen.is_outage;
		}
		outcomes_clear(&seen, 1);
		return;
	}
	for (guint i = 0; i < components->len; i++) {
		const char *nvr = ((const struct component *)components->pdata[i])->nvr;

		if (nvr && g_hash_table_contains(tagged.entries, nvr))
			koji_batch_add(writes, "untagBuild", "ss*b", tag, nvr, "strict", false);
	}
	koji_tagged_clear(&tagged);
}

static bool has_tags(const struct koji_builder *koji, const struct leaving *one)
{
	return one->build->tag && *one->build->tag && !one->build->is_finished &&
	       koji_name_check(koji, one->build->tag, NULL);
}

static void plan_discard(const struct koji_builder *koji, struct leaving *one,
			 const struct koji_batch *reads G_GNUC_UNUSED, struct koji_batch *writes)
{
	if (!has_tags(koji, one))
		return;
	plan_untag(koji, one, one->build->tag, writes);
	plan_untag(koji, one, one->build_tag, writes);
}

static void leave(struct koji_builder *koji, struct leaving *all, size_t count,
		  const struct koji_batch *reads, plan_fn *plan)
{
	g_autoptr(KojiBatch) writes = koji_batch_new();
	g_autoptr(GPtrArray) owners = g_ptr_array_new();

	for (size_t i = 0; i < count; i++) {
		plan(koji, &all[i], reads, writes);
		while (owners->len < koji_batch_count(writes))
			g_ptr_array_add(owners, &all[i]);
	}
	write_all(koji, writes, owners);
}

void koji_clean_many(struct builder *builder, const struct build_want *wants, size_t count,
		     struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct leaving *all = g_new0(struct leaving, count);
	g_autoptr(KojiBatch) reads = koji_batch_new();

	for (size_t i = 0; i < count; i++) {
		leaving_init(&all[i], wants[i].build, &outcomes[i]);
		ask(koji, &all[i], reads);
	}
	koji_batch_read(reads, koji->session);
	leave(koji, all, count, reads, plan_clean);
	import_abandon_many(koji, wants, count, outcomes);
	for (size_t i = 0; i < count; i++)
		g_free(all[i].build_tag);
}

void koji_discard_many(struct builder *builder, const struct build_want *wants, size_t count,
		       struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct leaving *all = g_new0(struct leaving, count);
	g_autoptr(GPtrArray) tags = g_ptr_array_new();

	for (size_t i = 0; i < count; i++) {
		leaving_init(&all[i], wants[i].build, &outcomes[i]);
		if (!has_tags(koji, &all[i]))
			continue;
		g_ptr_array_add(tags, all[i].build->tag);
		g_ptr_array_add(tags, all[i].build_tag);
	}
	koji_list_tags(koji, (const char *const *)tags->pdata, tags->len);
	leave(koji, all, count, NULL, plan_discard);
	for (guint i = 0; i < tags->len; i++)
		koji_forget_listing(koji, g_ptr_array_index(tags, i));
	for (size_t i = 0; i < count; i++)
		g_free(all[i].build_tag);
}

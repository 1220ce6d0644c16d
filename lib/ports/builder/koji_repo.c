/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include <inttypes.h>

#include "base/error.h"
#include "model/batch.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_repo.h"

/* One build whose build tag is to have a repository with everything that is in it. */
struct demand {
	const struct build *build;
	struct outcome *outcome;
	char *build_tag;
	size_t repo, request, task; /* numbers of calls */
	int64_t newest;             /* event of what is in the tag; 0: nothing is */
	bool is_wanted;
};

static void list_all(struct koji_builder *koji, const struct demand *all, size_t count)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new();

	for (size_t i = 0; i < count; i++)
		if (!all[i].outcome->error)
			g_ptr_array_add(tags, all[i].build_tag);
	koji_list_tags(koji, (const char *const *)tags->pdata, tags->len);
}

bool koji_repo_needs(const struct koji_builder *koji, const struct build *build,
		     struct outcome *outcome, struct koji_tag_events *ret)
{
	const struct batch_view view = batch_view(build);
	g_autofree char *build_tag = koji_build_tag(build);
	struct koji_tagged tagged = { 0 };

	if (!koji_tagged_read(koji, build_tag, outcome, &tagged))
		return false;
	*ret = (struct koji_tag_events){ .newest = tagged.newest };
	for (guint i = 0; i < build->components->len && !outcome->error; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);
		const char *nvr = component->nvr ? component->nvr : "";
		struct json_object *entry = g_hash_table_lookup(tagged.entries, nvr);
		int64_t event = 0;

		if (component->batch > view.usable || component->state != COMPONENT_COMPLETE)
			continue;
		if (!koji_number(entry, "create_event", &event))
			fail(&outcome->error, RIDA_ERROR_INTERNAL,
			     "%s is complete, but no longer in tag %s: somebody has untagged it",
			     *nvr ? nvr : component->name, build_tag);
		ret->needed = MAX(ret->needed, event);
	}
	koji_tagged_clear(&tagged);
	return !outcome->error;
}

bool koji_repo_event(struct json_object *repo, const char *build_tag, struct outcome *outcome,
		     int64_t *ret)
{
	*ret = 0;
	if (!repo || (koji_number(repo, "create_event", ret) && *ret > 0))
		return true;
	return koji_nonsense(outcome, build_tag);
}

/* What is newer than the newest repository, or nothing when that is up to date. */
static void compare(const struct koji_builder *koji, struct demand *one,
		    const struct koji_batch *reads)
{
	struct koji_tag_events events = { 0 };
	struct json_object *repo = NULL;
	int64_t event = 0;

	if (!koji_repo_needs(koji, one->build, one->outcome, &events) ||
	    !koji_expect(reads, one->repo, json_type_object, one->build_tag, one->outcome, &repo) ||
	    !koji_repo_event(repo, one->build_tag, one->outcome, &event))
		return;
	one->newest = events.newest;
	one->is_wanted = !repo || event < one->newest;
	one->outcome->is_ready = !one->is_wanted;
}

/* The hub's own way from 1.35 on: a request is answered by any repository that is new enough, and
 * the same request asked again is the same one. */
static void learn_request(struct demand *one, const struct koji_batch *writes)
{
	struct json_object *answer = NULL, *repo = NULL, *request = NULL;
	int64_t id = 0, event = 0;

	if (!koji_expect(writes, one->request, json_type_object, one->build_tag, one->outcome,
			 &answer))
		return;
	json_object_object_get_ex(answer, "repo", &repo);
	json_object_object_get_ex(answer, "request", &request);
	if (repo && koji_repo_event(repo, one->build_tag, one->outcome, &event) &&
	    event >= one->newest)
		one->outcome->is_ready = true;
	else if (koji_number(request, "id", &id) && id > 0)
		one->outcome->task_id = (uint64_t)id;
	else
		koji_nonsense(one->outcome, one->build_tag);
}

static void ask_requests(struct koji_builder *koji, struct demand *all, size_t count)
{
	g_autoptr(KojiBatch) writes = koji_batch_new();

	for (size_t i = 0; i < count; i++) {
		if (!all[i].is_wanted)
			continue;
		if (all[i].newest)
			all[i].request =
				koji_batch_add(writes, "repo.request", "s*i", all[i].build_tag,
					       "min_event", all[i].newest);
		else
			all[i].request =
				koji_batch_add(writes, "repo.request", "s", all[i].build_tag);
	}
	koji_batch_write(writes, koji->session);
	for (size_t i = 0; i < count; i++)
		if (all[i].is_wanted)
			learn_request(&all[i], writes);
}

bool koji_repo_task_is_of(struct json_object *task, const char *build_tag)
{
	struct json_object *request = koji_array(task, "request");
	struct json_object *tag = request ? json_object_array_get_idx(request, 0) : NULL;

	return g_strcmp0(koji_text(task, "method"), "newRepo") == 0 &&
	       json_object_is_type(tag, json_type_string) &&
	       g_strcmp0(json_object_get_string(tag), build_tag) == 0;
}

/* A task of ours that is alive is the one: the hub makes one more each time it is asked. */
static bool adopt(struct demand *one, struct json_object *tasks)
{
	for (size_t i = 0; i < json_object_array_length(tasks); i++) {
		struct json_object *task = json_object_array_get_idx(tasks, i);
		int64_t id = 0;

		if (koji_repo_task_is_of(task, one->build_tag) && koji_number(task, "id", &id) &&
		    id > 0)
			one->outcome->task_id = (uint64_t)id;
	}
	return one->outcome->task_id != 0;
}

static void learn_task(struct demand *one, const struct koji_batch *writes)
{
	struct json_object *answer = NULL;

	if (!koji_expect(writes, one->task, json_type_int, one->build_tag, one->outcome, &answer))
		return;
	if (answer && json_object_get_int64(answer) > 0)
		one->outcome->task_id = json_object_get_uint64(answer);
	else
		koji_nonsense(one->outcome, one->build_tag);
}

static void ask_tasks(struct koji_builder *koji, struct demand *all, size_t count, uint64_t user)
{
	g_autoptr(KojiBatch) reads = koji_batch_new();
	g_autoptr(KojiBatch) writes = koji_batch_new();
	const size_t alive = koji_ask_alive_tasks(reads, "newRepo", user);

	koji_batch_read(reads, koji->session);
	for (size_t i = 0; i < count; i++) {
		struct json_object *tasks = NULL;

		if (!all[i].is_wanted)
			continue;
		all[i].is_wanted =
			koji_expect_tasks(reads, alive, "newRepo", all[i].outcome, &tasks) &&
			!adopt(&all[i], tasks);
		if (all[i].is_wanted)
			all[i].task = koji_batch_add(writes, "newRepo", "s", all[i].build_tag);
	}
	koji_batch_write(writes, koji->session);
	for (size_t i = 0; i < count; i++)
		if (all[i].is_wanted)
			learn_task(&all[i], writes);
}

static void ask_for_wanted(struct koji_builder *koji, struct demand *all, size_t count)
{
	g_autoptr(GError) problem = NULL;
	unsigned version = 0;
	uint64_t user = 0;
	bool is_any = false;

	for (size_t i = 0; i < count; i++)
		is_any |= all[i].is_wanted;
	if (!is_any)
		return;
	if (koji_hub_version(koji->session, &version, &problem) &&
	    version >= KOJI_WITH_REPO_REQUESTS)
		ask_requests(koji, all, count);
	else if (!problem && koji_user_id(koji->session, &user, &problem))
		ask_tasks(koji, all, count, user);
	for (size_t i = 0; i < count && problem; i++)
		if (all[i].is_wanted)
			koji_take_error(koji, all[i].outcome, g_error_copy(problem));
}

void koji_regenerate_many(struct builder *builder, const struct build_want *wants, size_t count,
			  struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct demand *all = g_new0(struct demand, count);
	g_autoptr(KojiBatch) reads = koji_batch_new();

	for (size_t i = 0; i < count; i++) {
		outcomes[i] = (struct outcome){ .task_state = TASK_NONE };
		all[i] = (struct demand){ .build = wants[i].build, .outcome = &outcomes[i] };
		all[i].build_tag = koji_build_tag(wants[i].build);
		if (koji_name_check(koji, all[i].build_tag, &outcomes[i].error))
			all[i].repo = koji_batch_add(reads, "getRepo", "s", all[i].build_tag);
	}
	list_all(koji, all, count);
	koji_batch_read(reads, koji->session);
	for (size_t i = 0; i < count; i++)
		if (!outcomes[i].error)
			compare(koji, &all[i], reads);
	ask_for_wanted(koji, all, count);
	for (size_t i = 0; i < count; i++)
		g_free(all[i].build_tag);
}

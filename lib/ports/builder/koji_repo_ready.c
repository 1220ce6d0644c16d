/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include <inttypes.h>

#include "base/error.h"
#include "ports/builder/koji_answer.h"
#include "ports/builder/koji_repo.h"

/* How it is with the request or the task that a repository was asked for with. */
enum progress { ASKED_ALIVE, ASKED_ENDED, ASKED_UNKNOWN };

struct waiting {
	const struct build *build;
	struct outcome *outcome;
	char *build_tag;
	size_t repo, asked; /* numbers of calls */
	enum progress progress;
	double asked_at; /* by the hub's clock; 0: not known */
	int64_t event;   /* of the newest repository; 0: there is none */
	bool is_listed;
};

static void ask(struct waiting *one, struct koji_batch *batch, bool has_requests)
{
	const int64_t number = (int64_t)one->build->repo_task_id;

	one->repo = koji_batch_add(batch, "getRepo", "s", one->build_tag);
	if (has_requests)
		one->asked = koji_batch_add(batch, "repo.checkRequest", "i", number);
	else
		one->asked = koji_batch_add(batch, "getTaskInfo", "i*b", number, "request", true);
}

/* The number may be of a task, from before the hub had requests: then it is none of ours. */
static bool see_request(struct waiting *one, const struct koji_batch *batch)
{
	const struct koji_answer *answer = koji_batch_answer(batch, one->asked);
	struct json_object *value = NULL, *request = NULL;
	bool is_active = false;

	one->progress = ASKED_UNKNOWN;
	if (answer->error && error_code(answer->error) == RIDA_ERROR_MISSING)
		return true;
	if (!koji_expect(batch, one->asked, json_type_object, one->build_tag, one->outcome, &value))
		return false;
	json_object_object_get_ex(value, "request", &request);
	if (!koji_truth(request, "active", &is_active) || !koji_text(request, "tag_name"))
		return koji_nonsense(one->outcome, one->build_tag);
	if (g_strcmp0(koji_text(request, "tag_name"), one->build_tag) != 0)
		return true;
	one->progress = is_active ? ASKED_ALIVE : ASKED_ENDED;
	koji_fraction(request, "create_ts", &one->asked_at);
	return true;
}

static bool see_task(struct waiting *one, const struct koji_batch *batch)
{
	struct json_object *task = NULL;
	int64_t state = -1;

	one->progress = ASKED_UNKNOWN;
	if (!koji_expect(batch, one->asked, json_type_object, one->build_tag, one->outcome, &task))
		return false;
	if (!task)
		return true;
	if (!koji_text(task, "method") || !koji_array(task, "request") ||
	    !koji_number(task, "state", &state) || state < 0 || state >= TASK_STATE__COUNT)
		return koji_nonsense(one->outcome, one->build_tag);
	if (!koji_repo_task_is_of(task, one->build_tag))
		return true;
	one->progress = task_state_is_active((enum task_state)state) ? ASKED_ALIVE : ASKED_ENDED;
	koji_fraction(task, "create_ts", &one->asked_at);
	return true;
}

/* What is in the tag is worth a look when there may be a repository that holds it: one that is not
 * older than the wish for it, or any once the wish is over. */
static bool is_worth_listing(struct waiting *one, const struct koji_batch *batch)
{
	struct json_object *repo = NULL;
	double made_at = 0;

	if (!koji_expect(batch, one->repo, json_type_object, one->build_tag, one->outcome, &repo) ||
	    !koji_repo_event(repo, one->build_tag, one->outcome, &one->event) || !repo)
		return false;
	return one->progress != ASKED_ALIVE || !koji_fraction(repo, "create_ts", &made_at) ||
	       made_at >= one->asked_at;
}

/* A wish that is over may have come true after its repository was looked for. */
static void look(struct koji_builder *koji, struct waiting *all, size_t count, bool has_requests)
{
	g_autoptr(KojiBatch) reads = koji_batch_new();
	g_autoptr(KojiBatch) again = koji_batch_new();

	for (size_t i = 0; i < count; i++)
		ask(&all[i], reads, has_requests);
	koji_batch_read(reads, koji->session);
	for (size_t i = 0; i < count; i++) {
		struct waiting *one = &all[i];

		if (!(has_requests ? see_request(one, reads) : see_task(one, reads)))
			continue;
		if (one->progress == ASKED_ALIVE)
			one->is_listed = is_worth_listing(one, reads);
		else
			one->repo = koji_batch_add(again, "getRepo", "s", one->build_tag);
	}
	koji_batch_read(again, koji->session);
	for (size_t i = 0; i < count; i++)
		if (!all[i].outcome->error && all[i].progress != ASKED_ALIVE)
			all[i].is_listed = is_worth_listing(&all[i], again);
}

static void list(struct koji_builder *koji, struct waiting *all, size_t count)
{
	g_autoptr(GPtrArray) tags = g_ptr_array_new();

	for (size_t i = 0; i < count; i++)
		if (all[i].is_listed)
			g_ptr_array_add(tags, all[i].build_tag);
	koji_list_tags(koji, (const char *const *)tags->pdata, tags->len);
}

static void conclude(const struct koji_builder *koji, struct waiting *one)
{
	struct koji_tag_events events = { 0 };

	if (one->is_listed && !koji_repo_needs(koji, one->build, one->outcome, &events))
		return;
	one->outcome->is_ready = one->is_listed && one->event >= events.needed;
	if (one->outcome->is_ready || one->progress == ASKED_ALIVE)
		return;
	if (one->progress == ASKED_UNKNOWN)
		fail(&one->outcome->error, RIDA_ERROR_MISSING,
		     "the hub does not know %" PRIu64 " as the wish for a repository of tag %s",
		     one->build->repo_task_id, one->build_tag);
	else
		fail(&one->outcome->error, RIDA_ERROR_CONFLICT,
		     "the wish %" PRIu64 " for a repository of tag %s ended without one that "
		     "holds what is tagged",
		     one->build->repo_task_id, one->build_tag);
}

void koji_repo_ready_many(struct builder *builder, const struct build_want *wants, size_t count,
			  struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct waiting *all = g_new0(struct waiting, count);
	g_autoptr(GError) problem = NULL;
	unsigned version = 0;

	for (size_t i = 0; i < count; i++) {
		outcomes[i] = (struct outcome){ .task_state = TASK_NONE };
		all[i] = (struct waiting){ .build = wants[i].build, .outcome = &outcomes[i] };
		all[i].build_tag = koji_build_tag(wants[i].build);
	}
	if (koji_hub_version(koji->session, &version, &problem))
		look(koji, all, count, version >= KOJI_WITH_REPO_REQUESTS);
	list(koji, all, count);
	for (size_t i = 0; i < count; i++) {
		if (problem)
			koji_take_error(koji, &outcomes[i], g_error_copy(problem));
		if (!outcomes[i].error)
			conclude(koji, &all[i]);
		g_free(all[i].build_tag);
	}
}

/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include <inttypes.h>

#include "base/error.h"
#include "ports/builder/koji_fences.h"
#include "ports/builder/koji_finished.h"
#include "ports/builder/koji_listing.h"
#include "ports/builder/koji_task.h"
#include "ports/builder/koji_tasks.h"
#include "text/json.h"

#define SECOND  ((int64_t)G_USEC_PER_SEC)
#define SLACK   (3600 * SECOND)  /* the hub's clock and ours */
#define NO_TIME (86400 * SECOND) /* how far back, when it is not known when it was sent */

/* Build tasks of ours by the key that they were submitted with. */
struct search {
	GHashTable *tasks; /* idempotency key -> GPtrArray of json_object, as listTasks has them */
	GHashTable *targets; /* a set: that they were submitted for */
	bool is_unreadable;  /* something was listed that may be one of them */
};

static void json_free(gpointer value)
{
	json_object_put(value);
}

static void tasks_free(gpointer tasks)
{
	g_ptr_array_unref(tasks);
}

/* ---- what the hub lists ------------------------------------------------------------------ */

static void take_task(struct json_object *info, void *data)
{
	struct search *search = data;
	const char *key = koji_task_key(info);
	enum task_state state;
	GPtrArray *tasks;
	int64_t id;

	if (!koji_number(info, "id", &id) || id <= 0 || id > KOJI_ID_MAX ||
	    !koji_task_state(info, (uint64_t)id, &state, NULL) ||
	    (!key && !koji_task_is_foreign(info, search->targets))) {
		search->is_unreadable = true;
		return;
	}
	tasks = key ? g_hash_table_lookup(search->tasks, key) : NULL;
	if (tasks)
		g_ptr_array_add(tasks, json_object_get(info));
}

/* The seconds since 1970 before which none of them was sent. */
static int64_t created_after(const struct submission *submissions, size_t count)
{
	int64_t oldest = G_MAXINT64;

	for (size_t i = 0; i < count; i++) {
		const int64_t now = submissions[i].now ? submissions[i].now : g_get_real_time();
		const int64_t sent =
			submissions[i].sent_at ? submissions[i].sent_at : now - NO_TIME;

		oldest = MIN(oldest, submissions[i].since ? submissions[i].since : sent);
	}
	return MAX(oldest - SLACK, 0) / SECOND;
}

/* ---- one task for each key --------------------------------------------------------------- */

static int64_t id_of(struct json_object *info)
{
	int64_t id = 0;

	koji_number(info, "id", &id);
	return id;
}

static enum task_state state_of(struct json_object *info)
{
	enum task_state state = TASK_NONE;

	koji_task_state(info, (uint64_t)id_of(info), &state, NULL);
	return state;
}

static bool is_better(struct json_object *info, struct json_object *than)
{
	const bool may_succeed =
		task_state_is_active(state_of(info)) || state_of(info) == TASK_CLOSED;
	const bool may_other =
		task_state_is_active(state_of(than)) || state_of(than) == TASK_CLOSED;

	return may_succeed != may_other ? may_succeed : id_of(info) < id_of(than);
}

/* The oldest that has not failed is the one; the hub is to end the others. */
static void choose(const GPtrArray *tasks, struct outcome *outcome, struct koji_batch *batch,
		   GPtrArray *batch_outcomes)
{
	struct json_object *best = tasks->pdata[0];

	for (guint i = 1; i < tasks->len; i++)
		if (is_better(tasks->pdata[i], best))
			best = tasks->pdata[i];
	outcome->is_known = true;
	outcome->task_id = (uint64_t)id_of(best);
	outcome->task_state = state_of(best);
	for (guint i = 0; i < tasks->len; i++) {
		if (id_of(tasks->pdata[i]) == id_of(best) ||
		    !task_state_is_active(state_of(tasks->pdata[i])))
			continue;
		koji_batch_add(batch, "cancelTask", "i", id_of(tasks->pdata[i]));
		g_ptr_array_add(batch_outcomes, outcome);
	}
}

/* A second task that cannot be ended is looked for again: nothing is adopted until then. */
static void end_others(struct koji_builder *koji, struct koji_batch *batch,
		       const GPtrArray *batch_outcomes)
{
	koji_batch_write(batch, koji->session);
	for (guint i = 0; i < batch_outcomes->len; i++) {
		struct outcome *outcome = batch_outcomes->pdata[i];

		koji_blame(outcome, koji_batch_answer(batch, i),
			   "a second task of the same submission cannot be canceled");
		if (outcome->error)
			outcome->is_known = false;
	}
}

static void choose_all(struct koji_builder *koji, const struct search *search,
		       const struct submission *submissions, size_t count, struct outcome *outcomes)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	g_autoptr(GPtrArray) batch_outcomes = g_ptr_array_new();

	for (size_t i = 0; i < count; i++) {
		const GPtrArray *tasks =
			g_hash_table_lookup(search->tasks, submissions[i].idem_key);

		if (!outcomes[i].error && tasks->len)
			choose(tasks, &outcomes[i], batch, batch_outcomes);
	}
	end_others(koji, batch, batch_outcomes);
}

/* ---- those without one ------------------------------------------------------------------- */

/* That there is none may be said only when everything was seen, and nothing can come any more. */
static void check_absence(struct koji_builder *koji, const struct search *search,
			  const struct submission *submission, bool may_come,
			  struct outcome *outcome)
{
	g_autofree char *until = koji_settled_at(koji, submission);

	if (outcome->error || outcome->is_known)
		return;
	/* Waiting for its time counts against no build. */
	outcome->is_outage = may_come;
	if (may_come)
		fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
		     "component %s: its submission may still arrive at Koji, which cannot end the "
		     "session that it was sent in; nothing is sent again until %s",
		     submission->component->name, until);
	else if (search->is_unreadable)
		fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
		     "component %s: Koji lists tasks that cannot be read, and the one that is "
		     "looked for may be among them",
		     submission->component->name);
}

static void find_the_rest(struct koji_builder *koji, const struct submission *submissions,
			  size_t count, struct outcome *outcomes)
{
	g_autofree struct koji_orphan *orphans = g_new0(struct koji_orphan, count + 1);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!outcomes[i].error && !outcomes[i].is_known)
			orphans[kept++] = (struct koji_orphan){ &submissions[i], &outcomes[i] };
	koji_find_finished(koji, orphans, kept);
}

/* Looks at the tasks that were found, by their numbers: what is adopted was seen twice. */
static void confirm(struct koji_builder *koji, const struct submission *submissions, size_t count,
		    struct outcome *outcomes)
{
	g_autofree struct koji_look *looks = g_new0(struct koji_look, count + 1);
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (outcomes[i].is_known)
			looks[kept++] =
				(struct koji_look){ .task_id = outcomes[i].task_id,
						    .component = submissions[i].component->name,
						    .idem_key = submissions[i].idem_key,
						    .outcome = &outcomes[i] };
	koji_look_at_tasks(koji, looks, kept, true);
	for (size_t i = 0; i < kept; i++)
		if (!looks[i].outcome->error && !looks[i].outcome->is_known)
			fail(&looks[i].outcome->error, RIDA_ERROR_UNAVAILABLE,
			     "component %s: Koji lists its task %" PRIu64 ", and does not know it",
			     looks[i].component, looks[i].task_id);
	koji_look_at_ends(koji, looks, kept);
}

static void search_for(struct koji_builder *koji, struct search *search,
		       const struct submission *submissions, size_t count, struct outcome *outcomes)
{
	struct outcome problem = { 0 };

	for (size_t i = 0; i < count; i++) {
		g_hash_table_replace(search->tasks, g_strdup(submissions[i].idem_key),
				     g_ptr_array_new_with_free_func(json_free));
		if (submissions[i].build->target)
			g_hash_table_add(search->targets, g_strdup(submissions[i].build->target));
	}
	koji_list_builds(koji, created_after(submissions, count), take_task, search, &problem);
	for (size_t i = 0; problem.error && i < count; i++) {
		if (outcomes[i].error)
			continue;
		outcomes[i].error = g_error_copy(problem.error);
		outcomes[i].is_outage = problem.is_outage;
	}
	outcomes_clear(&problem, 1);
}

void koji_recover_many(struct builder *builder, const struct submission *submissions, size_t count,
		       struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree bool *may_come = g_new0(bool, count + 1);
	struct search search = {
		.tasks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, tasks_free),
		.targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	};

	for (size_t i = 0; i < count; i++)
		outcomes[i].task_state = TASK_NONE;
	koji_end_sessions(koji, submissions, count, may_come, outcomes);
	search_for(koji, &search, submissions, count, outcomes);
	choose_all(koji, &search, submissions, count, outcomes);
	confirm(koji, submissions, count, outcomes);
	find_the_rest(koji, submissions, count, outcomes);
	for (size_t i = 0; i < count; i++)
		check_absence(koji, &search, &submissions[i], may_come[i], &outcomes[i]);
	g_hash_table_unref(search.targets);
	g_hash_table_unref(search.tasks);
}

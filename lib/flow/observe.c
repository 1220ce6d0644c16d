/* SPDX-License-Identifier: MIT */
#include "flow/observe.h"

#include "base/error.h"
#include "base/log.h"
#include "flow/effects.h"
#include "flow/work_notes.h"
#include "model/batch.h"

/* So many looks at a task that the builder does not know are answered by waiting; then its
 * submission is looked for. */
#define UNKNOWN_TASK_LOOKS 3

/* So many attempts may be lost before their component fails, anew after each resume. */
#define LOST_ATTEMPTS 3

static bool has_task(const struct component *component)
{
	return component->state == COMPONENT_BUILDING && component->task_id;
}

static bool has_tasks(const struct build *build)
{
	for (guint i = 0; i < build->components->len; i++)
		if (has_task(g_ptr_array_index(build->components, i)))
			return true;
	return false;
}

static void unknown_task(struct work *work, struct component *component)
{
	if (work->claim.attempts > UNKNOWN_TASK_LOOKS) {
		component->task_id = 0;
		component->is_changed = true;
		work->is_changed = true;
		return;
	}
	work_fail(work, g_error_new(RIDA_ERROR, RIDA_ERROR_UNAVAILABLE,
				    "the builder does not know task %" G_GUINT64_FORMAT
				    " of component %s",
				    component->task_id, component->name));
}

/* A task that ended without a result was an attempt; the component waits for its next one, if there
 * is to be any. */
void observe_lost(struct work *work, struct component *component)
{
	const struct attempt *attempt = work_attempt(work, component);
	/* Nobody has ended the intent of what was lost before its number was known. */
	const bool is_open = attempt && g_hash_table_contains(work->intents, attempt->idem_key);
	const bool is_last = work->build->state == BUILD_FAILED ||
			     component->attempt >= LOST_ATTEMPTS * work->build->epoch;
	const struct task_end end = {
		.component_state = is_last ? COMPONENT_FAILED : COMPONENT_WAITING,
		.attempt_state = COMPONENT_FAILED,
		.task_state = is_last ? TASK_FAILED : TASK_NONE,
		.reason = "the task ended without a result: it was killed, its host went down, "
			  "or its disk took no more",
		.effect_state = is_open ? EFFECT_DONE : EFFECT_INTENDED,
	};

	log_warning("task-lost", log_u64("build", work->build->id),
		    log_text("component", component->name), log_u64("attempt", component->attempt));
	task_end(work, component, &end);
	if (!is_last)
		component->task_id = 0;
}

static void task_observe(struct work *work, struct component *component, struct outcome *outcome)
{
	/* A failed build's tasks are to be cancelled whatever can be learned of them. */
	if (outcome->error && work->build->state == BUILD_FAILED)
		return;
	if (outcome->error)
		work_outcome_failed(work, outcome);
	else if (outcome->is_lost)
		observe_lost(work, component);
	else if (!outcome->is_known)
		unknown_task(work, component);
	else
		task_learn(work, component, outcome);
}

static void observe_tasks(struct pass *pass G_GNUC_UNUSED, struct builder *builder,
			  GPtrArray *works)
{
	g_autoptr(GArray) tasks = g_array_new(FALSE, TRUE, sizeof(struct task_ref));
	g_autoptr(GPtrArray) owners = g_ptr_array_new();
	g_autoptr(GPtrArray) components = g_ptr_array_new();
	g_autofree struct outcome *outcomes = NULL;

	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		for (guint j = 0; j < work->build->components->len; j++) {
			struct component *component = g_ptr_array_index(work->build->components, j);
			const struct attempt *attempt;
			struct task_ref task = { .build = work->build, .component = component };

			if (!has_task(component))
				continue;
			attempt = work_attempt(work, component);
			task.idem_key = attempt ? attempt->idem_key : "";
			task.attempt_id = attempt ? attempt->id : 0;
			task.task_id = component->task_id;
			g_array_append_val(tasks, task);
			g_ptr_array_add(owners, work);
			g_ptr_array_add(components, component);
		}
	}
	outcomes = g_new0(struct outcome, tasks->len + 1);
	builder->ops->poll_many(builder, (const struct task_ref *)(const void *)tasks->data,
				tasks->len, outcomes);
	for (guint i = 0; i < tasks->len; i++)
		task_observe(g_ptr_array_index(owners, i), g_ptr_array_index(components, i),
			     &outcomes[i]);
	outcomes_clear(outcomes, tasks->len);
}

/* Asking again is progress each time, and so are the looks at what was asked for: what counts is
 * how often it was asked for. Whoever releases the build gives it as many tries again. */
static void repo_failed(struct pass *pass, struct work *work)
{
	g_autoptr(GError) problem = NULL;
	uint64_t tries = 0;

	work->build->repo_task_id = 0;
	work->is_changed = true;
	if (effect_store_tries(pass->db, work->build->id, EFFECT_REGENERATE, &tries, &problem))
		work->is_exhausted = tries % pass->config->quarantine_attempts == 0;
	else
		work_fail(work, g_steal_pointer(&problem));
}

/* A repository that could not be made is asked for again; one that we cannot ask about is waited
 * for. */
static void repo_observe(struct pass *pass, struct work *work, struct outcome *outcome)
{
	struct build *build = work->build;

	if (outcome->error) {
		if (error_is_final(outcome->error))
			repo_failed(pass, work);
		work_outcome_failed(work, outcome);
	} else if (outcome->is_ready) {
		build->repo_batch = batch_view(build).needs_repo;
		build->repo_task_id = 0;
		work->is_changed = true;
	}
}

static void observe_repos(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	g_autofree struct build_want *wants = g_new0(struct build_want, works->len);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, works->len);

	for (guint i = 0; i < works->len; i++) {
		const struct work *work = g_ptr_array_index(works, i);

		wants[i].build = work->build;
		wants[i].idem_key = "";
	}
	builder->ops->repo_ready_many(builder, wants, works->len, outcomes);
	for (guint i = 0; i < works->len; i++)
		repo_observe(pass, g_ptr_array_index(works, i), &outcomes[i]);
	outcomes_clear(outcomes, works->len);
}

void observe_all(struct pass *pass)
{
	g_autoptr(GPtrArray) with_tasks = g_ptr_array_new();
	g_autoptr(GPtrArray) with_repos = g_ptr_array_new();

	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		if (!work->is_active || work->error)
			continue;
		if (has_tasks(work->build))
			g_ptr_array_add(with_tasks, work);
		if (work->build->state == BUILD_BUILD && work->build->repo_task_id)
			g_ptr_array_add(with_repos, work);
	}
	effects_by_builder(pass, with_tasks, observe_tasks);
	effects_by_builder(pass, with_repos, observe_repos);
	for (guint i = 0; i < pass->works->len; i++) {
		struct work *work = g_ptr_array_index(pass->works, i);

		if (work->is_active && !work->error && work->build->state == BUILD_FAILED)
			work_settle_cancels(work);
	}
}

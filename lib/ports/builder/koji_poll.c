/* SPDX-License-Identifier: MIT */
#include "ports/builder/koji_slots.h"

#include <inttypes.h>

#include "base/error.h"
#include "ports/builder/koji_tasks.h"

static struct koji_look *looks_new(const struct task_ref *tasks, size_t count,
				   struct outcome *outcomes)
{
	struct koji_look *looks = g_new0(struct koji_look, count + 1);

	for (size_t i = 0; i < count; i++)
		looks[i] = (struct koji_look){ .task_id = tasks[i].task_id,
					       .component = tasks[i].component->name,
					       .idem_key = tasks[i].idem_key,
					       .outcome = &outcomes[i] };
	return looks;
}

static bool has_ended(enum task_state state)
{
	return state != TASK_NONE && !task_state_is_active(state);
}

/* A task is freed when its host goes away, so it may go back; but never from its end. */
static void check_direction(const struct task_ref *task, struct outcome *outcome)
{
	const enum task_state before = task->component->task_state;

	if (outcome->error || !outcome->is_known || !has_ended(before) ||
	    outcome->task_state == before)
		return;
	fail(&outcome->error, RIDA_ERROR_UNAVAILABLE,
	     "task %" PRIu64 " of component %s was %s, and Koji says that it is %s", task->task_id,
	     task->component->name, task_state_name(before), task_state_name(outcome->task_state));
	outcome->is_known = false;
	outcome->task_state = TASK_NONE;
}

void koji_poll_many(struct builder *builder, const struct task_ref *tasks, size_t count,
		    struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct koji_look *looks = looks_new(tasks, count, outcomes);

	koji_look_at_tasks(koji, looks, count, false);
	for (size_t i = 0; i < count; i++)
		check_direction(&tasks[i], &outcomes[i]);
	koji_look_at_ends(koji, looks, count);
}

/* Asks the hub to end those that are alive; one that ends by itself meanwhile is no trouble. */
static void end_alive(struct koji_builder *koji, const struct task_ref *tasks, size_t count,
		      struct outcome *outcomes)
{
	g_autoptr(KojiBatch) batch = koji_batch_new();
	g_autofree struct outcome **asked = g_new0(struct outcome *, count + 1);

	for (size_t i = 0; i < count; i++)
		if (!outcomes[i].error && outcomes[i].is_known &&
		    task_state_is_active(outcomes[i].task_state))
			asked[koji_batch_add(batch, "cancelTask", "i", (int64_t)tasks[i].task_id)] =
				&outcomes[i];
	koji_batch_write(batch, koji->session);
	for (size_t i = 0; i < koji_batch_count(batch); i++) {
		struct koji_answer *answer = koji_batch_answer(batch, i);

		if (answer->error && error_code(answer->error) != RIDA_ERROR_MISSING &&
		    error_code(answer->error) != RIDA_ERROR_CONFLICT)
			koji_blame(asked[i], answer, "a task cannot be canceled");
	}
}

/* Those that were asked to end are looked at again. */
static void look_again(struct koji_builder *koji, struct koji_look *looks, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		const struct outcome *outcome = looks[i].outcome;

		if (!outcome->error && outcome->is_known &&
		    task_state_is_active(outcome->task_state))
			looks[kept++] = looks[i];
	}
	koji_look_at_tasks(koji, looks, kept, false);
}

void koji_cancel_many(struct builder *builder, const struct task_ref *tasks, size_t count,
		      struct outcome *outcomes)
{
	struct koji_builder *koji = koji_of(builder);
	g_autofree struct koji_look *looks = looks_new(tasks, count, outcomes);

	koji_look_at_tasks(koji, looks, count, true);
	end_alive(koji, tasks, count, outcomes);
	look_again(koji, looks, count);
	for (size_t i = 0; i < count; i++)
		outcomes[i].is_ready =
			!outcomes[i].error &&
			(!outcomes[i].is_known || !task_state_is_active(outcomes[i].task_state));
}

/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include "base/error.h"
#include "flow/record.h"
#include "flow/work_notes.h"

/* One component that is building in a failed build. */
struct alive {
	struct work *work;
	struct component *component;
};

static GArray *alive_of(const GPtrArray *works, bool has_task)
{
	GArray *alive = g_array_new(FALSE, FALSE, sizeof(struct alive));

	for (guint i = 0; i < works->len; i++) {
		struct work *work = g_ptr_array_index(works, i);

		for (guint j = 0; j < work->build->components->len; j++) {
			const struct alive one = { work,
						   g_ptr_array_index(work->build->components, j) };

			if (one.component->state == COMPONENT_BUILDING &&
			    (one.component->task_id != 0) == has_task && !work->error)
				g_array_append_val(alive, one);
		}
	}
	return alive;
}

static void component_cancel(const struct alive *one, enum effect_state effect_state)
{
	const struct task_end end = {
		.component_state = COMPONENT_FAILED,
		.attempt_state = COMPONENT_CANCELED,
		.task_state = one->component->task_id ? TASK_CANCELED : TASK_NONE,
		.reason = one->work->build->state_reason,
		.effect_state = effect_state,
	};

	task_end(one->work, one->component, &end);
}

/* A submission that may have happened: its task is adopted to be cancelled; without one, it is
 * over. */
static void orphan_learn(const struct alive *one, struct outcome *outcome)
{
	struct attempt *attempt = work_attempt(one->work, one->component);
	const struct effect_end end = { .idem_key = attempt->idem_key,
					.state = EFFECT_DONE,
					.external_id = outcome->task_id };

	if (outcome->error) {
		work_outcome_failed(one->work, outcome);
	} else if (!outcome->is_known) {
		component_cancel(one, EFFECT_ABANDONED);
	} else {
		one->component->task_id = outcome->task_id;
		one->component->is_changed = true;
		one->work->is_changed = true;
		work_end_effect(one->work, &end);
		task_learn(one->work, one->component, outcome);
	}
}

static void cancel_orphans(const struct pass *pass, struct builder *builder, const GPtrArray *works)
{
	g_autoptr(GArray) alive = alive_of(works, false);
	g_autofree struct submission *wants = g_new0(struct submission, alive->len + 1);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, alive->len + 1);
	guint count = 0;

	for (guint i = 0; i < alive->len; i++) {
		const struct alive *one = &g_array_index(alive, struct alive, i);
		const struct attempt *attempt = work_attempt(one->work, one->component);
		const struct effect *intent;

		if (!attempt) {
			component_cancel(one, EFFECT_INTENDED);
			continue;
		}
		intent = g_hash_table_lookup(one->work->intents, attempt->idem_key);
		g_array_index(alive, struct alive, count) = *one;
		wants[count++] = (struct submission){ .build = one->work->build,
						      .component = one->component,
						      .idem_key = attempt->idem_key,
						      .attempt_id = attempt->id,
						      .session_id = intent ? intent->session_id : 0,
						      .sent_at = intent ? intent->intended_at
									: attempt->started_at,
						      .now = pass_now(pass) };
	}
	if (count)
		builder->ops->recover_many(builder, wants, count, outcomes);
	for (guint i = 0; i < count; i++)
		orphan_learn(&g_array_index(alive, struct alive, i), &outcomes[i]);
	outcomes_clear(outcomes, count);
}

static void cancel_tasks(struct builder *builder, const GPtrArray *works)
{
	g_autoptr(GArray) alive = alive_of(works, true);
	g_autofree struct task_ref *tasks = g_new0(struct task_ref, alive->len + 1);
	g_autofree struct outcome *outcomes = g_new0(struct outcome, alive->len + 1);

	for (guint i = 0; i < alive->len; i++) {
		const struct alive *one = &g_array_index(alive, struct alive, i);
		const struct attempt *attempt = work_attempt(one->work, one->component);

		tasks[i] = (struct task_ref){ .build = one->work->build,
					      .component = one->component,
					      .idem_key = attempt ? attempt->idem_key : "",
					      .attempt_id = attempt ? attempt->id : 0,
					      .task_id = one->component->task_id };
	}
	if (alive->len)
		builder->ops->cancel_many(builder, tasks, alive->len, outcomes);
	for (guint i = 0; i < alive->len; i++) {
		const struct alive *one = &g_array_index(alive, struct alive, i);

		if (outcomes[i].error)
			work_outcome_failed(one->work, &outcomes[i]);
		else if (outcomes[i].is_ready)
			component_cancel(one, EFFECT_INTENDED);
	}
	outcomes_clear(outcomes, alive->len);
}

void perform_cancel(struct pass *pass, struct builder *builder, GPtrArray *works)
{
	g_autoptr(GPtrArray) keys = NULL;

	if (!effects_intend(pass, works, EFFECT_CANCEL, &keys))
		return;
	cancel_orphans(pass, builder, works);
	cancel_tasks(builder, works);
	pass_renew(pass);
	for (guint i = 0; i < works->len; i++)
		work_settle_cancels(g_ptr_array_index(works, i));
	pass->report->performed += works->len;
	record_works(pass, works);
}

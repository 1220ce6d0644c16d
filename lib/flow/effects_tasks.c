/* SPDX-License-Identifier: MIT */
#include "flow/effects.h"

#include "flow/work_notes.h"

/* What becomes of a component by its task's state (scheduler vocabulary: cancelled tasks have
 * failed). */
static enum component_state component_state_of(enum task_state state)
{
	switch (state) {
	case TASK_CLOSED:
		return COMPONENT_COMPLETE;
	case TASK_CANCELED:
	case TASK_FAILED:
		return COMPONENT_FAILED;
	case TASK_NONE:
	case TASK_FREE:
	case TASK_OPEN:
	case TASK_ASSIGNED:
	case TASK_STATE__COUNT:
		break;
	}
	return COMPONENT_BUILDING;
}

static void excerpt_keep(struct work *work, const struct component *component,
			 const struct outcome *outcome)
{
	struct log_excerpt *excerpt;

	if (!outcome->log_file || !outcome->excerpt)
		return;
	excerpt = g_new(struct log_excerpt, 1);
	*excerpt = (struct log_excerpt){ .component_id = component->id,
					 .attempt = component->attempt,
					 .file = g_strdup(outcome->log_file),
					 .excerpt = g_strdup(outcome->excerpt) };
	g_ptr_array_add(work->excerpts, excerpt);
}

/* The component's attempt ends as the component did. */
static void attempt_end(struct work *work, const struct component *component,
			enum component_state state)
{
	struct attempt *attempt = work_attempt(work, component);

	if (!attempt)
		return;
	attempt->task_id = component->task_id;
	attempt->state = state;
	text_set(&attempt->state_reason, component->state_reason);
	text_set(&attempt->nvr, component->nvr);
	if (!g_ptr_array_find(work->saved_attempts, attempt, NULL))
		g_ptr_array_add(work->saved_attempts, attempt);
}

void task_learn(struct work *work, struct component *component, const struct outcome *outcome)
{
	const enum component_state state = component_state_of(outcome->task_state);

	if (component->task_state == outcome->task_state && state == COMPONENT_BUILDING)
		return;
	component->task_state = outcome->task_state;
	component->is_changed = true;
	work->is_changed = true;
	if (state == COMPONENT_BUILDING)
		return;
	component->state = state;
	if (state == COMPONENT_COMPLETE)
		text_set(&component->nvr, outcome->nvr);
	text_set(&component->state_reason, outcome->reason ? outcome->reason : "");
	excerpt_keep(work, component, outcome);
	attempt_end(work, component,
		    outcome->task_state == TASK_CANCELED ? COMPONENT_CANCELED : state);
}

void task_end(struct work *work, struct component *component, const struct task_end *end)
{
	const struct attempt *attempt = work_attempt(work, component);
	const struct effect_end effect = { .idem_key = attempt ? attempt->idem_key : NULL,
					   .state = end->effect_state,
					   .problem = (char *)(uintptr_t)end->reason };

	component->state = end->component_state;
	component->task_state = end->task_state;
	text_set(&component->state_reason, end->reason);
	component->is_changed = true;
	work->is_changed = true;
	attempt_end(work, component, end->attempt_state);
	if (attempt && end->effect_state != EFFECT_INTENDED)
		work_end_effect(work, &effect);
}

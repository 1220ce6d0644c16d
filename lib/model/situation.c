/* SPDX-License-Identifier: MIT */
#include "model/situation.h"

#include "model/batch.h"

#define SITUATION_ROW(name, meaning) { #name, meaning, offsetof(struct situation, name) },
const struct situation_fact situation_facts[] = { SITUATION_FACTS(SITUATION_ROW) };
const size_t situation_facts_count = G_N_ELEMENTS(situation_facts);

G_STATIC_ASSERT(G_N_ELEMENTS(situation_facts) <= 20);

void situation_set(struct situation *situation, size_t fact, bool value)
{
	*(bool *)((char *)situation + situation_facts[fact].offset) = value;
}

static bool has_orphaned_intent(const struct build *build)
{
	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = g_ptr_array_index(build->components, i);

		if (component->state == COMPONENT_BUILDING && !component->task_id)
			return true;
	}
	return false;
}

static bool is_overdue(const struct build *build, const struct surroundings *surroundings)
{
	const int64_t age = surroundings->now - build->modified_at;

	switch (build->state) {
	case BUILD_INIT:
	case BUILD_WAIT:
	case BUILD_BUILD:
		return age > surroundings->stuck_age;
	case BUILD_FAILED:
		return age > surroundings->stale_age;
	case BUILD_DONE:
	case BUILD_READY:
	case BUILD_GARBAGE:
	case BUILD_STATE__COUNT:
		break;
	}
	return false;
}

/* A build gets its dist tag before anything is made for it. A ready one keeps its target for a
 * while, so that what came of it can be looked at; builders without targets leave it nothing. */
static bool is_buildroot_left(const struct build *build, const struct surroundings *surroundings)
{
	if (build->is_cleaned || !build->dist || !*build->dist)
		return false;
	if (build->state != BUILD_READY)
		return true;
	return build->target && *build->target && build->is_prepared &&
	       surroundings->now - build->completed_at > surroundings->target_age;
}

struct situation situation_of(const struct build *build, const struct surroundings *surroundings)
{
	const struct batch_view view = batch_view(build);
	const bool repo_is_good = build->repo_batch >= view.needs_repo;

	return (struct situation){
		.state = build->state,
		.cancel_requested = surroundings->cancel_requested,
		.resume_requested = surroundings->resume_requested,
		.retire_requested = surroundings->retire_requested,
		.is_overdue = is_overdue(build, surroundings),
		.verification_open =
			build->verification == VERIFICATION_OPEN || surroundings->requires_open,
		.verification_bad = build->verification == VERIFICATION_BAD,
		.step_refused = surroundings->step_refused,
		.slot_is_free = surroundings->slot_is_free,
		.intents_orphaned = has_orphaned_intent(build),
		.buildroot_missing = !build->is_prepared,
		.batch_failed = view.has_failed,
		.untagged = view.has_untagged,
		.repo_outdated = view.has_waiting && !repo_is_good && !build->repo_task_id,
		.components_startable = view.has_waiting && repo_is_good,
		.all_built = !view.current,
		.is_finished = build->is_finished,
		.gate_is_open = !surroundings->has_gate || build->is_gate_open,
		.tasks_alive = view.is_running,
		.buildroot_left = is_buildroot_left(build, surroundings),
		.artifacts_left = !build->is_discarded,
	};
}

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_TASKS_H
#define PORTS_BUILDER_KOJI_TASKS_H

/* Looking at many build tasks; for the slots that do. */

#include "ports/builder/koji.h"

/* One task, and what is learned of it. Borrowed. */
struct koji_look {
	uint64_t task_id;
	const char *component; /* its name */
	const char *idem_key;  /* that the task must have; empty: any */
	struct outcome *outcome;
};

/*
 * The tasks' states: is_known, task_id and task_state, or an error. Asks for 1,000 tasks in one
 * request. A task that is to be touched has to be ours: with their requests, their keys are looked
 * at.
 */
void koji_look_at_tasks(struct koji_builder *koji, const struct koji_look *looks, size_t count,
			bool with_keys);

/* What became of those that have ended: nvr or reason; their keys are looked at. What cannot be
 * told is an error, and the state is not known. */
void koji_look_at_ends(struct koji_builder *koji, const struct koji_look *looks, size_t count);

#endif

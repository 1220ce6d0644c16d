/* SPDX-License-Identifier: MIT */
#ifndef MODEL_STATES_H
#define MODEL_STATES_H

/*
 * The states of builds, components and tasks, with their names. Component and task states are
 * Koji's; there BUILDING and FREE are 0, so "none yet" is a constant of its own, NULL in the
 * database.
 */

#include <stdbool.h>

enum build_state {
	BUILD_INIT,
	BUILD_WAIT,
	BUILD_BUILD,
	BUILD_DONE,
	BUILD_FAILED,
	BUILD_READY,
	BUILD_GARBAGE,
	BUILD_STATE__COUNT
};

enum component_state {
	COMPONENT_WAITING = -1, /* no state yet: NULL */
	COMPONENT_BUILDING = 0,
	COMPONENT_COMPLETE = 1,
	COMPONENT_DELETED = 2,
	COMPONENT_FAILED = 3,
	COMPONENT_CANCELED = 4
};

enum task_state {
	TASK_NONE = -1, /* no task yet: NULL; written as "free" */
	TASK_FREE = 0,
	TASK_OPEN = 1,
	TASK_CLOSED = 2,
	TASK_CANCELED = 3,
	TASK_ASSIGNED = 4,
	TASK_FAILED = 5,
	TASK_STATE__COUNT
};

/* Whose fault a failure is. */
enum failure_type {
	FAILURE_NONE,
	FAILURE_USER,
	FAILURE_INFRA,
	FAILURE_UNSPEC,
	FAILURE_TYPE__COUNT
};

/* How far the check of a submission has come. */
enum verification { VERIFICATION_OPEN, VERIFICATION_GOOD, VERIFICATION_BAD };

/* One row per state: for the API, the pages and the messages. */
struct build_state_facts {
	const char *name;
	const char *meaning;
};
extern const struct build_state_facts build_states[BUILD_STATE__COUNT];

/* Reads a name ("build") or a number ("2"). */
bool build_state_read(const char *text, enum build_state *ret);

/* Koji's name in lower case; "free" for TASK_NONE. */
const char *task_state_name(enum task_state state);
bool task_state_is_active(enum task_state state);

const char *component_state_name(enum component_state state);

/* What stands above the reason of a build that ended so. */
const char *failure_type_meaning(enum failure_type type);

#endif

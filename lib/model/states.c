/* SPDX-License-Identifier: MIT */
#include "model/states.h"

#include <glib.h>
#include <string.h>

#include "base/strict.h"

const struct build_state_facts build_states[BUILD_STATE__COUNT] = {
	[BUILD_INIT] = { "init", "The submission was read; its components are being checked." },
	[BUILD_WAIT] = { "wait",
			 "Everything was found; the scheduler starts it as soon as the limits allow." },
	[BUILD_BUILD] = { "build", "The components are being built, batch by batch." },
	[BUILD_DONE] = { "done", "All components were built; the module waits for its gate." },
	[BUILD_FAILED] = { "failed",
			   "It was rejected, cancelled, or a component failed; the reason says more." },
	[BUILD_READY] = { "ready", "The module may be part of a larger compose." },
	[BUILD_GARBAGE] = { "garbage", "It failed, and its artifacts were cleaned away." },
};

static const char *const task_states[TASK_STATE__COUNT] = {
	[TASK_FREE] = "free",         [TASK_OPEN] = "open",         [TASK_CLOSED] = "closed",
	[TASK_CANCELED] = "canceled", [TASK_ASSIGNED] = "assigned", [TASK_FAILED] = "failed",
};

static const char *const failure_types[FAILURE_TYPE__COUNT] = {
	[FAILURE_NONE] = "Why",
	[FAILURE_USER] = "Failed by the module itself",
	[FAILURE_INFRA] = "Failed by the infrastructure",
	[FAILURE_UNSPEC] = "Ended on request",
};

bool build_state_read(const char *text, enum build_state *ret)
{
	uint64_t number;

	if (strict_u64(text, 0, BUILD_STATE__COUNT - 1, &number, NULL)) {
		*ret = (enum build_state)number;
		return true;
	}
	for (int i = 0; i < BUILD_STATE__COUNT; i++)
		if (strcmp(build_states[i].name, text) == 0) {
			*ret = (enum build_state)i;
			return true;
		}
	return false;
}

const char *task_state_name(enum task_state state)
{
	return task_states[state == TASK_NONE ? TASK_FREE : state];
}

bool task_state_is_active(enum task_state state)
{
	return state == TASK_FREE || state == TASK_OPEN || state == TASK_ASSIGNED;
}

const char *component_state_name(enum component_state state)
{
	switch (state) {
	case COMPONENT_WAITING:
		return "waiting";
	case COMPONENT_BUILDING:
		return "building";
	case COMPONENT_COMPLETE:
		return "complete";
	case COMPONENT_DELETED:
		return "deleted";
	case COMPONENT_FAILED:
		return "failed";
	case COMPONENT_CANCELED:
		return "canceled";
	}
	g_assert_not_reached();
}

const char *failure_type_meaning(enum failure_type type)
{
	return failure_types[type < FAILURE_TYPE__COUNT ? type : FAILURE_NONE];
}

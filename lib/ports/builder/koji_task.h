/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_TASK_H
#define PORTS_BUILDER_KOJI_TASK_H

/*
 * What a hub says of build tasks and their builds, read strictly: a member that is missing, nil, of
 * another type or that contradicts the rest makes an error, and never a state.
 */

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/states.h"

#define KOJI_KEY    "rida_key" /* the option of our build tasks that holds their key */
#define KOJI_ID_MAX G_MAXINT32 /* numbers are 32 bits wide on the hub */

/* What getTaskInfo, or one entry of listTasks, says of the build task of that number. Errors:
 * UNAVAILABLE, saying what is wrong with it. */
bool koji_task_state(struct json_object *info, uint64_t task_id, enum task_state *ret,
		     GError **error);

/* The key that the task was submitted with, lent; NULL: it has none, or its request is not there.
 */
const char *koji_task_key(struct json_object *info);

/* Whether a listed task says what it was asked for so that it is certain that it is none of those
 * that were submitted for these targets (a set of names). */
bool koji_task_is_foreign(struct json_object *info, GHashTable *targets);

/*
 * The NVR of the one complete build among those that listBuilds gives for the closed task: made of
 * the build's own name, version and release. The caller frees it. Errors: UNAVAILABLE when there is
 * none, or more than one, or it contradicts itself.
 */
bool koji_task_nvr(struct json_object *builds, uint64_t task_id, char **ret, GError **error);

/* "name-version-release" of a struct that has these, complete and ours to use in names; NULL: it
 * is none. The caller frees it. */
char *koji_nvr(struct json_object *build);

/*
 * Why a task has failed: what getTaskResult(raise_fault=false) says of it, and which of the tasks
 * below it (getTaskDescendents) failed. Both may be anything. The caller frees it.
 */
char *koji_task_reason(struct json_object *result, struct json_object *descendents);

#endif

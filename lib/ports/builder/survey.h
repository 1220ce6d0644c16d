/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_SURVEY_H
#define PORTS_BUILDER_SURVEY_H

/*
 * What a build system knows of ours, whatever the database says: so that the two can be compared
 * when one of them has lost something.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/states.h"

/* A build task of ours. Texts may be NULL: not known. */
struct survey_task {
	char *key;        /* the idempotency key that it was submitted with */
	uint64_t task_id; /* 0: the build system has no numbers of its own */
	enum task_state state;
	char *component; /* the package's name */
	char *place;     /* what it was built for: a target, or a build's uuid */
};

struct survey {
	GPtrArray *tasks;   /* struct survey_task */
	GHashTable *tagged; /* uuid of a build that has a tag -> a set of NVRs in it */
};
typedef struct survey Survey;
void survey_init(struct survey *survey);
void survey_clear(struct survey *survey);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Survey, survey_clear)

struct survey_wants {
	int64_t since;           /* tasks submitted since then, microseconds since 1970 */
	const GPtrArray *builds; /* struct build: whose tags are to be looked at */
};

/* Adds a task with copies of the texts; it is lent. */
struct survey_task *survey_add(struct survey *survey, const struct survey_task *task);

/* The set of what is in the tag of the build of that uuid, which is made when it is missing. */
GHashTable *survey_tagged(struct survey *survey, const char *uuid);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_TAGGING_H
#define PORTS_BUILDER_KOJI_TAGGING_H

/*
 * Builds that are complete but not in a tag. Tagging is a task of the hub: it is asked for once,
 * again when its task has failed, and given up after a few failures.
 */

#include "ports/builder/koji.h"

struct koji_missing {
	const char *nvr;
	const char *tag;
	const char *build_tag; /* whose blocked packages are unblocked */
	struct outcome *outcome;
	/* While it is worked on: numbers of calls, and what is learned. */
	size_t tag_call, build_call, packages_call, result_call, unblock_call;
	int64_t tag_id, build_id;
	bool is_unblocked;   /* its package was blocked */
	bool is_active;      /* a task is at it */
	unsigned failures;   /* of such tasks, lately */
	int64_t failed_task; /* the last of them */
};

/*
 * Learns once in the life of the builder what our tasks are at, and what became of them lately.
 * That is to be before the tags are listed: what a task has done by then is in the tag, and what it
 * does later is seen here. False: the outcome has the error.
 */
bool koji_learn_doings(struct koji_builder *koji, struct outcome *outcome);

/* Asks for those that nobody is at; errors go to their outcomes. */
void koji_tag_missing(struct koji_builder *koji, const GPtrArray *missing);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_FINISHED_H
#define PORTS_BUILDER_KOJI_FINISHED_H

/* Finished builds that no task's key leads to, because the task is too old or was not ours. */

#include "ports/builder/koji.h"

/* A submission that no task was found of, and what becomes of it; borrowed. */
struct koji_orphan {
	const struct submission *submission;
	struct outcome *outcome;
};

/*
 * Looks for complete builds of these components that are of these modules: in the modules' tags,
 * and among the untagged ones by their release. Found: the outcome is a closed task's.
 */
void koji_find_finished(struct koji_builder *koji, const struct koji_orphan *orphans, size_t count);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_REPO_H
#define PORTS_BUILDER_KOJI_REPO_H

/*
 * Repositories of build tags. A repository holds what was in its tag when it was made: events order
 * that, times do not. One is asked for by a request where the hub has these, else by a task; the
 * number that is kept is of the one or the other.
 */

#include "ports/builder/koji.h"

#define KOJI_WITH_REPO_REQUESTS 1035 /* the hub's version */

/* Events of what is in a build tag. */
struct koji_tag_events {
	int64_t newest; /* of everything; 0: nothing is in it */
	int64_t needed; /* of what the build brings itself */
};

/* Whether all that is usable is in the build tag, whose listing must have been asked for, and since
 * when. False: the outcome has the error. */
bool koji_repo_needs(const struct koji_builder *koji, const struct build *build,
		     struct outcome *outcome, struct koji_tag_events *ret);

/* The event of what getRepo says; 0 of nil. False: the outcome has the error. */
bool koji_repo_event(struct json_object *repo, const char *build_tag, struct outcome *outcome,
		     int64_t *ret);

/* Whether it is a task that we asked for a repository of that tag with. */
bool koji_repo_task_is_of(struct json_object *task, const char *build_tag);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_FENCES_H
#define PORTS_BUILDER_KOJI_FENCES_H

/* Sessions in which submissions may be on their way, ended before anything is looked for. */

#include "ports/builder/koji.h"

/*
 * Ends the sessions of these submissions, each once. may_come, of each: what was sent in it may
 * still arrive, as the hub cannot end it and it was not long ago. Outcomes have the errors.
 */
void koji_end_sessions(struct koji_builder *koji, const struct submission *submissions,
		       size_t count, bool *may_come, struct outcome *outcomes);

/* When a submission that may still come is over, for people. The caller frees it. */
char *koji_settled_at(const struct koji_builder *koji, const struct submission *submission);

#endif

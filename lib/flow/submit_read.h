/* SPDX-License-Identifier: MIT */
#ifndef FLOW_SUBMIT_READ_H
#define FLOW_SUBMIT_READ_H

/* From a submission's URL to the build it asks for, before anything is recorded; for submit.c. */

#include "flow/submit.h"

struct submit_source {
	int64_t deadline;    /* of reading and checking, g_get_monotonic_time() microseconds */
	struct build *build; /* state init, with components and their batches */
	char *text;          /* the document as it is in the repository */
	GPtrArray *reasons;  /* char *: what the configuration does not allow the components */
	GPtrArray
		*permitted; /* struct component: those whose repositories may be asked; borrowed */
};
void submit_source_clear(struct submit_source *source);
typedef struct submit_source SubmitSource;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SubmitSource, submit_source_clear)

/* Fills the source, whose deadline is set. Errors: as submit(). */
bool submit_read(const struct config *config, const struct submit_wants *wants,
		 struct submit_source *source, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

/*
 * Components are built batch by batch: batch 1 is module-build-macros, the module's own start at 2,
 * by ascending build order. What there is to do follows from the components' states alone, so that
 * a resumed build, whose first batches are complete, needs no case of its own.
 */

#include <stdbool.h>

#include "model/build.h"

/*
 * Gives each component its batch and sorts the array by batch, then name: build-time-only ones are
 * batch 1, the others start at 2; equal build orders share a batch.
 */
void batch_assign(GPtrArray *components);

/* What the batches of a build ask for. */
struct batch_view {
	uint32_t current;  /* the lowest batch that is not complete and tagged; 0: there is none */
	uint32_t usable;   /* every batch up to this one is complete; 0: none */
	bool has_untagged; /* a component of the usable batches is not tagged */
	bool has_failed;   /* of the current batch nothing waits or runs, and something is
			      unsuccessful */
	bool has_waiting;  /* the current batch has components to start, all earlier ones are tagged
			    */
	bool is_running;   /* a component is building, in any batch */
	uint32_t needs_repo; /* the repository must hold batches up to this one before the next
				start */
};
struct batch_view batch_view(const struct build *build);

/* The components to start next, heaviest first then by name, at most limit; borrowed from the
 * build. The caller owns the array. */
GPtrArray *batch_choose(const struct build *build, size_t limit);

/* The names of the unsuccessful components, separated by commas; the caller frees it. */
char *batch_failed_names(const struct build *build);

/* A failed build's components that were not started fail with its reason. */
void batch_abandon(struct build *build, const char *reason);

/*
 * Makes a failed build ready to go on: what is complete stays and is tagged again, everything else
 * waits; the epoch rises.
 */
void batch_resume(struct build *build);

#endif

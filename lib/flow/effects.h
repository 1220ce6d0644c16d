/* SPDX-License-Identifier: MIT */
#ifndef FLOW_EFFECTS_H
#define FLOW_EFFECTS_H

/*
 * The performers of the machine's steps. Each gets all builds of one builder that want the step: it
 * commits the intents, makes one call, and records what came of it for each build. It never decides
 * what follows: a failed step is a fact. Doing a step twice is doing it once.
 */

#include "flow/builders.h"
#include "flow/work.h"

typedef void performer_fn(struct pass *pass, struct builder *builder, GPtrArray *works);

/* Performs what the rules of the pass's builds ask for, step by step. */
void effects_perform(struct pass *pass);

/* Puts active builds into groups by their builder and calls the function for each group; builds
 * whose builder cannot be opened get its error, uncounted. */
void effects_by_builder(struct pass *pass, GPtrArray *works, performer_fn *function);

/* The performers that are more than one call with one outcome per build. */
void perform_start(struct pass *pass, struct builder *builder, GPtrArray *works);
void perform_recover(struct pass *pass, struct builder *builder, GPtrArray *works);
void perform_cancel(struct pass *pass, struct builder *builder, GPtrArray *works);
void perform_verify(struct pass *pass, struct builder *builder, GPtrArray *works);

/* Builds that somebody cancels are not checked any longer, and are active again. */
bool effects_heed_cancels(struct pass *pass, GError **error);

/*
 * Waits a moment for the checks that perform_verify() has started and records what they found;
 * leases are renewed meanwhile. False: none was running.
 */
bool effects_await_verifications(struct pass *pass);

/*
 * Commits the intents of one kind of step for these builds, in one transaction; open ones are left
 * as they are. ret_keys[i] is the key of works[i]. False: the works have the error, or others have
 * them.
 */
bool effects_intend(struct pass *pass, GPtrArray *works, enum effect_kind kind,
		    GPtrArray **ret_keys);

/* Reads the builds' stored documents that were not read yet; builds without one have the error and
 * leave the array. */
void works_need_modulemd(struct pass *pass, GPtrArray *works);

/* Applies what a builder says of a component's task: states, NVR, reason, excerpt; a task that goes
 * on changes little. */
void task_learn(struct work *work, struct component *component, const struct outcome *outcome);

/* Ends a component that is building without a result: failed or cancelled, with words. */
struct task_end {
	enum component_state component_state;
	enum component_state attempt_state;
	enum task_state task_state;
	const char *reason;
	enum effect_state
		effect_state; /* of the submission; EFFECT_INTENDED: it is ended already */
};
void task_end(struct work *work, struct component *component, const struct task_end *end);

#endif

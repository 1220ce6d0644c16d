/* SPDX-License-Identifier: MIT */
#ifndef MODEL_MACHINE_H
#define MODEL_MACHINE_H

/*
 * The state machine of a build, as a table of rules over its situation. A rule moves (next differs,
 * no step) or acts (next is the same, one step), never both; the first rule that fits wins. Work
 * that belongs to a state is a rule whose guard says that it is not done, so a crash between any
 * two steps leaves a situation that has a rule.
 */

#include <stdio.h>

#include "model/situation.h"

/* What can be done for a build; each has one performer in flow/effects.c. */
enum step {
	STEP_NONE,
	STEP_VERIFY,     /* check the components */
	STEP_RECOVER,    /* look for tasks whose submission may have happened */
	STEP_PREPARE,    /* make the buildroot */
	STEP_TAG,        /* make what is complete available to later batches */
	STEP_REGENERATE, /* ask for a repository of it */
	STEP_START,      /* start components of the batch */
	STEP_FINISH,     /* publish the module */
	STEP_CANCEL,     /* end the tasks of a failed build */
	STEP_CLEAN,      /* remove its buildroot */
	STEP_DISCARD,    /* remove its results and logs */
	STEP__COUNT
};

/* Why a build moved: what its reason says, and whose fault a failure is. */
enum cause {
	CAUSE_PROGRESS, /* no words needed */
	CAUSE_CANCELED,
	CAUSE_REJECTED,
	CAUSE_REFUSED,
	CAUSE_STUCK,
	CAUSE_BATCH,
	CAUSE_RESUMED,
	CAUSE_STALE,
	CAUSE_RETIRED,
	CAUSE__COUNT
};

typedef bool guard_fn(const struct situation *now);

struct rule {
	enum build_state state;
	guard_fn *when;
	const char *guard; /* its name */
	enum build_state next;
	enum step step;
	enum cause cause;
};
extern const struct rule machine_rules[];
extern const size_t machine_rules_count;

/* The rule for the situation; NULL: there is nothing to do but wait. */
const struct rule *machine_decide(const struct situation *now);
bool rule_is_move(const struct rule *rule);

/*
 * Whether a build waits for its running tasks and for nothing else, slots included: until it
 * changes, its running components alone are in the same situation as all of them.
 */
bool machine_is_settled(const struct build *build);

/* "start-batch". */
const char *step_name(enum step step);

/* Whose fault a move to failed is; FAILURE_NONE for other causes. */
enum failure_type cause_failure_type(enum cause cause);

/*
 * What the build's reason becomes by a move, NULL: it keeps the old one. who asked for it; detail
 * is what was found wrong. The caller frees it.
 */
char *cause_reason(enum cause cause, const struct build *build, const char *who,
		   const char *detail);

/* Writes the rules as Markdown, then as a Graphviz graph. */
void machine_print(FILE *out);

#endif

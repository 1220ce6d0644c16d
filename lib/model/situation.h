/* SPDX-License-Identifier: MIT */
#ifndef MODEL_SITUATION_H
#define MODEL_SITUATION_H

/*
 * What the state machine sees of a build: its state and at most 20 facts. Numbers (ages, batches,
 * limits) are folded into facts here, so that the machine can be enumerated.
 */

#include <stdbool.h>
#include <stddef.h>

#include "model/build.h"

/* Each fact once: its name and what it says. */
#define SITUATION_FACTS(FACT)                                                                      \
	FACT(cancel_requested, "somebody asked to cancel the build")                               \
	FACT(resume_requested, "somebody asked to resume the build")                               \
	FACT(retire_requested, "somebody asked to retire the build")                               \
	FACT(is_overdue, "it has not moved for longer than its state may last")                    \
	FACT(verification_open, "its components or requirements are not checked yet")              \
	FACT(verification_bad, "the check found something wrong")                                  \
	FACT(step_refused, "the builder refused a step in a way that repeating cannot mend")       \
	FACT(slot_is_free, "the limits allow one more component build")                            \
	FACT(intents_orphaned, "a submission was intended and has no task")                        \
	FACT(buildroot_missing, "the buildroot is not prepared")                                   \
	FACT(batch_failed, "nothing of the batch waits or runs, and something failed")             \
	FACT(untagged, "a complete batch is not available to later ones")                          \
	FACT(repo_outdated, "the repository lacks earlier batches and none was asked for")         \
	FACT(components_startable, "components of the batch wait and their repository is good")    \
	FACT(all_built, "every component is built and tagged")                                     \
	FACT(is_finished, "the module is published")                                               \
	FACT(gate_is_open, "nothing holds the module back")                                        \
	FACT(tasks_alive, "tasks of a failed build still run")                                     \
	FACT(buildroot_left, "an ended build's buildroot is not removed")                          \
	FACT(artifacts_left, "its results, logs and repository are not removed")

struct situation {
	enum build_state state;
#define SITUATION_MEMBER(name, meaning) bool name;
	SITUATION_FACTS(SITUATION_MEMBER)
#undef SITUATION_MEMBER
};

/* The facts as a table: for printing, and for tests that go through all of them. */
struct situation_fact {
	const char *name;
	const char *meaning;
	size_t offset;
};
extern const struct situation_fact situation_facts[];
extern const size_t situation_facts_count;
void situation_set(struct situation *situation, size_t fact, bool value);

/* What a build does not know of itself. Times in microseconds, on one clock. */
struct surroundings {
	bool cancel_requested;
	bool resume_requested;
	bool retire_requested;
	bool requires_open; /* what it is built with is to be found first */
	bool step_refused;
	bool slot_is_free;
	bool has_gate; /* somebody else lets done builds through */
	int64_t now;
	int64_t stuck_age;  /* how long init, wait and build may last */
	int64_t stale_age;  /* how long a failed build's artifacts are kept */
	int64_t target_age; /* how long a ready build's target is kept */
};

/* The situation of a build with its components. */
struct situation situation_of(const struct build *build, const struct surroundings *surroundings);

#endif

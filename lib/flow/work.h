/* SPDX-License-Identifier: MIT */
#ifndef FLOW_WORK_H
#define FLOW_WORK_H

/*
 * What a pass holds in memory: the builds it has claimed, each with what was learned about it and
 * is not written yet. A build whose row could not be written is not touched again in this pass: its
 * memory may differ from its row.
 */

#include "flow/pass.h"
#include "model/build.h"
#include "model/waits.h"
#include "store/build_store.h"
#include "store/claim_store.h"
#include "store/effect_store.h"
#include "store/misc_store.h"

struct builders;
struct move;
struct recorders;
struct verify_jobs;

/* A request that is to be closed. */
struct request_end {
	uint64_t id;
	char *outcome;
};

struct work {
	struct build *build;
	struct claim claim;
	GPtrArray *requests;     /* struct request: open */
	GPtrArray *attempts;     /* struct attempt: unfinished */
	GHashTable *intents;     /* keys of open intents -> struct effect */
	char *modulemd;          /* the stored document, once it was needed */
	GPtrArray *requires;     /* struct build_require, once they were needed; NULL: not yet */
	const struct rule *rule; /* what to do in this round; NULL: nothing */
	enum wait wait;          /* what it waits for after that */
	bool is_active;          /* something happened in the last round: look again */
	bool is_in_round;        /* looked at in this round */
	bool has_moved;          /* since it was claimed */
	bool is_verifying;       /* its components are being checked: not looked at meanwhile */

	/* learned, not written */
	bool is_changed;           /* the build or a component */
	bool has_new_requires;     /* requires were found, not read */
	GPtrArray *ended_effects;  /* struct effect_end */
	GPtrArray *ended_requests; /* struct request_end */
	GPtrArray *saved_attempts; /* struct attempt, borrowed from attempts */
	GPtrArray *excerpts;       /* struct log_excerpt */
	GPtrArray *warnings;       /* struct warning */
	char *documents[MODULEMD_FINAL + 1];

	const struct move *move; /* a change of state to be written with the rest; borrowed by
				    whoever records. NULL: none */

	/* why it cannot go on */
	GError *error;     /* until the next claim */
	bool is_uncounted; /* the error is everybody's, not this build's */
	bool is_exhausted; /* what it asked for has failed too often: it is set aside */
	bool is_torn;      /* memory may differ from the rows: touch nothing more */
	char *refusal;     /* a step was refused for good: the words */
	enum failure_type refusal_type;
};

struct pass {
	struct db *db;
	const struct config *config;
	const struct pass_wants *wants;
	struct pass_report *report;
	GPtrArray *works; /* struct work, by id: the oldest build first */
	struct builders *builders;
	struct recorders *recorders; /* NULL: the pass has one connection */
	struct verify_jobs *verify_jobs;
	struct announcer *announcer;
	GPtrArray *base_modules; /* struct document, once they were needed; NULL: not yet */
	int64_t started;         /* monotonic microseconds, as the next two */
	int64_t deadline;
	int64_t renewed;
	int64_t started_at; /* the database's clock */
	uint64_t doubt_id;  /* builds up to this one may have tasks that no row knows */
	int64_t doubt_at;   /* submitted before this, by the database's clock */
	unsigned overdue;   /* builds that age has failed in this pass */
	bool is_lost;       /* the leases could not be renewed: act no more */
};

struct work *work_new(struct build *build, const struct claim *claim);
void work_free(struct work *work);

/* Takes the error: no step is performed until the build is claimed again, but it may still move.
 * The first error stays. */
void work_fail(struct work *work, GError *problem);

/* The same for a write that failed: the build is left alone altogether. */
void work_tear(struct work *work, GError *problem);

/* Takes the error of an outcome; that of an outage counts against no build. */
struct outcome;
void work_outcome_failed(struct work *work, struct outcome *outcome);

/* Takes the error of a step: refused for good becomes a fact for the machine, all else as
 * work_fail(). What an outage refuses, it refuses to all: that is no fact about the build. */
void work_step_failed(struct work *work, struct outcome *outcome);

/* The unfinished attempt that the component is in, or NULL. */
struct attempt *work_attempt(const struct work *work, const struct component *component);

/* The database's clock, as far as this pass knows it. */
int64_t pass_now(const struct pass *pass);

/* Whether to stop: budget, signal, lost leases, a connection that is broken or cannot write. */
bool pass_is_over(const struct pass *pass);

/* Renews the leases when a third of their time is over: before each call of a builder, and after
 * it, before its outcome is written. */
void pass_renew(struct pass *pass);

#endif

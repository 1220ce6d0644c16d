/* SPDX-License-Identifier: MIT */
#ifndef STORE_EFFECT_STORE_H
#define STORE_EFFECT_STORE_H

/*
 * Intents and attempts: each external effect has a row with an idempotency key, committed before
 * the call. INTENDED without an outcome after a crash means: look before repeating.
 */

#include "store/db.h"

/* Numbers are kept for ever: append only. */
enum effect_kind {
	EFFECT_SUBMIT = 1,
	EFFECT_PREPARE = 2,
	EFFECT_TAG = 3,
	EFFECT_REGENERATE = 4,
	EFFECT_FINISH = 5,
	EFFECT_CANCEL = 6,
	EFFECT_CLEAN = 7,
	EFFECT_DISCARD = 8
};
enum effect_state { EFFECT_INTENDED, EFFECT_DONE, EFFECT_ABANDONED };

struct effect {
	uint64_t id;
	uint64_t build_id;
	uint64_t component_id; /* 0: the whole build */
	int kind;              /* enum effect_kind */
	uint32_t number;       /* a component's attempt, a build's epoch or batch */
	char *idem_key;
	int state; /* enum effect_state */
	uint64_t token;
	uint64_t session_id; /* of the builder, that it is made in; 0: none */
	char *reservation;   /* what was reserved before it is done; NULL: nothing */
	uint64_t external_id;
	uint32_t tries;
	char *problem;
	int64_t intended_at;
};
typedef struct effect Effect;
void effect_free(struct effect *effect);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Effect, effect_free)

/* Inserts intents in state INTENDED, array-bound, inside the caller's transaction; one that exists
 * with that key is taken over (token, tries + 1). */
bool effect_store_intend(struct db *db, const struct effect *effects, size_t count, GError **error);

/* The open intents of these builds; an array of struct effect. */
bool effect_store_open(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
		       GError **error);

/* How often the build's newest effect of this kind was intended. */
bool effect_store_tries(struct db *db, uint64_t build_id, enum effect_kind kind, uint64_t *ret,
			GError **error);

/* How an intent ends. */
struct effect_end {
	char *idem_key;
	enum effect_state state; /* INTENDED: it goes on, with its reservation */
	uint64_t external_id;
	char *problem;     /* NULL: none */
	char *reservation; /* NULL: as it was */
};

/* Ends intents (struct effect_end) by key, array-bound, inside the caller's transaction. Errors:
 * INTERNAL when one of them does not exist. */
bool effect_store_end_many(struct db *db, const GPtrArray *ends, GError **error);

/* An attempt to build a component; evidence that is never overwritten. */
struct attempt {
	uint64_t id;
	uint64_t build_id;
	uint64_t component_id;
	uint32_t attempt;
	uint32_t epoch;
	char *idem_key;
	uint64_t task_id;
	int state; /* enum component_state */
	char *state_reason;
	char *nvr;
	int64_t started_at;
	int64_t finished_at;
};
typedef struct attempt Attempt;
void attempt_clear(struct attempt *attempt);
void attempt_free(struct attempt *attempt);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Attempt, attempt_free)

/* Inserts attempts (struct attempt, those of a build together) that start now, array-bound, inside
 * the caller's transaction; sets their ids (the local builder's task ids). */
bool attempt_store_insert_many(struct db *db, GPtrArray *attempts, GError **error);

/* Records what attempts (struct attempt) came to, array-bound, inside the caller's transaction;
 * terminal states set finished_at. */
bool attempt_store_save_many(struct db *db, const GPtrArray *attempts, GError **error);

/* The unfinished attempts of these builds, by id; an array of struct attempt. */
bool attempt_store_open(struct db *db, const uint64_t *build_ids, size_t count, GPtrArray **ret,
			GError **error);

/* All attempts of a build, by component and number, streamed into struct attempt. */
bool attempt_store_select(struct db *db, uint64_t build_id, struct db_rows **ret, GError **error);

#endif

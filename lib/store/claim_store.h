/* SPDX-License-Identifier: MIT */
#ifndef STORE_CLAIM_STORE_H
#define STORE_CLAIM_STORE_H

/*
 * Claims: who works on a build, until when, and when it is due. All times are the database's. A
 * claim counts an attempt and sets the back-off in the statement that takes it, so that a crash is
 * already accounted for; progress resets both. No other table changes in a quiet pass.
 */

#include "store/db.h"

struct claim {
	uint64_t build_id;
	uint64_t token;
	uint32_t attempts;
	uint64_t settled_gen; /* the build's generation when it was settled last; 0: it is not */
};

struct claim_terms {
	const char *holder;                 /* host, boot id, pid and start time */
	uint64_t lease;                     /* seconds */
	uint64_t backoff_base, backoff_max; /* seconds */
	uint64_t limit;
	uint64_t build_id;                   /* 0: any */
	uint32_t attempts_min, attempts_max; /* before this one */
	int64_t due_for;                     /* microseconds: only what has been due for so long */
};

/* Claims due builds in one statement, then reads them: an array of struct claim. */
bool claim_store_take(struct db *db, const struct claim_terms *terms, GArray **ret, GError **error);

/* The builds that are due now and nobody has, whatever their attempts, as uint64_t ids, those that
 * waited longest first; changes nothing. Of the terms build_id and limit count. */
bool claim_store_due(struct db *db, const struct claim_terms *terms, GArray **ret, GError **error);

/* Holders with a lease on this host ("host boot-id …" prefix), so that the caller can find those
 * whose process is gone. */
bool claim_store_holders(struct db *db, const char *host_prefix, GPtrArray **ret, GError **error);

/* Frees the claims of a holder that is gone; its builds become due now, but those that have been
 * attempted too often are set aside. */
bool claim_store_take_over(struct db *db, const char *gone_holder, uint64_t attempts_max,
			   uint64_t *ret_count, GError **error);

/* Whether builds are due that were attempted before, without an end or progress. */
bool claim_store_has_suspects(struct db *db, bool *ret, GError **error);

/* Renews all leases of the holder in one statement; how many it still had. */
bool claim_store_renew(struct db *db, const char *holder, uint64_t lease, uint64_t *ret_count,
		       GError **error);

/* Inside a transaction: these claims are still held, and nobody takes one of them before its end.
 * Errors: CONFLICT: somebody else has one. */
bool claim_store_prove(struct db *db, const struct claim *claims, size_t count, GError **error);

/* What becomes of a claim that is given back. */
struct claim_release {
	uint64_t build_id;
	uint64_t token;
	int64_t due_in;    /* seconds; -1: never again, until somebody makes it due */
	bool has_progress; /* resets attempts and back-off; else due_in is ignored when keep_backoff
			    */
	bool keep_backoff; /* an error: the back-off set when claiming stays */
	bool is_uncounted; /* a global outage: the attempt counted when claiming is taken back */
	bool quarantine;   /* with keep_backoff: set aside, unless a request came meanwhile */
	uint64_t settled_gen;   /* 0: not settled */
	int waits_for;          /* enum wait: why it is given back */
	const char *last_error; /* NULL: none */
};

/*
 * Gives claims back, array-bound; many of them want a transaction of the caller. A build with an
 * open request is due at once. Claims lost meanwhile are left alone.
 */
bool claim_store_release(struct db *db, const char *holder, const struct claim_release *releases,
			 size_t count, GError **error);

/* Makes a build due now; for operators and incoming messages. Also ends its quarantine when asked.
 */
bool claim_store_make_due(struct db *db, uint64_t build_id, bool end_quarantine, GError **error);

/* Sets a build aside until it is released; whoever works on it now finishes its step. Errors:
 * MISSING. */
bool claim_store_hold(struct db *db, uint64_t build_id, const char *reason, GError **error);

#endif

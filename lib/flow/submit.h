/* SPDX-License-Identifier: MIT */
#ifndef FLOW_SUBMIT_H
#define FLOW_SUBMIT_H

/*
 * A submission: fetch, read, check, and record in one transaction. Runs in a submission worker,
 * within the deadline; what is left of the check is finished by the scheduler from init.
 */

#include "base/config.h"
#include "model/build.h"
#include "store/db.h"

struct submit_wants {
	const char *scmurl;
	const char *owner;
	const char *idempotency_key; /* NULL: none; at most 128 bytes */
	const char *digest;          /* of the body (SHA-256, hex), with the key */
};

/* Numbers are kept with idempotency keys: append only. */
enum submit_result {
	SUBMIT_CREATED = 1, /* 201 */
	SUBMIT_RESUMED = 2, /* 201: failed before, a resume was requested */
	SUBMIT_REJECTED = 3 /* 422: recorded as failed, with the reasons */
};

/* The answer; with a key that was used for the same body before, the answer of that time. */
struct submit_answer {
	enum submit_result result;
	uint64_t id;
	char *reasons; /* of a rejection: one line each; else NULL */
};
void submit_answer_clear(struct submit_answer *answer);
typedef struct submit_answer SubmitAnswer;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SubmitAnswer, submit_answer_clear)

/*
 * Errors, with nothing recorded: MALFORMED, FORBIDDEN (scm_url_read()), UNACCEPTABLE (document,
 * repository; or the key was used with another body), CONFLICT (already tracked), UNAVAILABLE.
 */
bool submit(struct db *db, const struct config *config, const struct submit_wants *wants,
	    struct submit_answer *ret, GError **error);

/*
 * The document as it is built: from the source as it was in the repository, or what became of it,
 * with the build's identity, the commits its components (which are loaded) have so far, and what it
 * is built with (struct build_require; NULL: not known yet). The caller owns the text. Errors:
 * UNACCEPTABLE.
 */
bool submit_document(const struct build *build, const char *source, const GPtrArray *requires,
		     char **ret, GError **error);

#endif

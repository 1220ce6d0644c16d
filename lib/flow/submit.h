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
	const char *idempotency_key; /* NULL: none */
	const char *digest;          /* of the body, with the key */
};

enum submit_result {
	SUBMIT_CREATED,  /* 201 */
	SUBMIT_RESUMED,  /* 201: failed before, a resume was requested */
	SUBMIT_REJECTED, /* 422: recorded as failed, with the reasons */
	SUBMIT_REPEATED  /* the same key and body before: *ret_id and the old result's status */
};

struct submit_answer {
	enum submit_result result;
	uint64_t id;
	char *reasons;   /* of a rejection: one line each */
	unsigned status; /* of a repeated answer */
	char *location;
	char *body;
};
void submit_answer_clear(struct submit_answer *answer);
typedef struct submit_answer SubmitAnswer;
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SubmitAnswer, submit_answer_clear)

/*
 * Errors, with nothing recorded: MALFORMED, FORBIDDEN (scm_url_read()), UNACCEPTABLE (document,
 * repository), CONFLICT (already tracked; or the key was used with another body: UNACCEPTABLE), UNAVAILABLE.
 */
bool submit(struct db *db, const struct config *config, const struct submit_wants *wants,
	    struct submit_answer *ret, GError **error);

#endif

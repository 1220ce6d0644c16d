/* SPDX-License-Identifier: MIT */
#ifndef FLOW_SUBMIT_RECORD_H
#define FLOW_SUBMIT_RECORD_H

/* What a submission leaves in the database, each in one transaction; for submit.c. */

#include "flow/submit.h"
#include "flow/submit_read.h"

/* The answer that the key's first use got: true in *ret_is_known when there is one. Errors:
 * UNACCEPTABLE for another body. */
bool submit_recall(struct db *db, const struct submit_wants *wants, bool *ret_is_known,
		   struct submit_answer *ret, GError **error);

/*
 * Inserts the build, state init or failed, with its documents, warnings ("component: text", may be
 * NULL) and the key's answer. Errors: CONFLICT when another one was faster.
 */
bool submit_record_new(struct db *db, const struct submit_wants *wants,
		       struct submit_source *source, const GPtrArray *warnings,
		       struct submit_answer *ret, GError **error);

/* Asks the scheduler to resume a failed build, unless that was asked already. */
bool submit_record_resume(struct db *db, const struct submit_wants *wants, uint64_t build_id,
			  struct submit_answer *ret, GError **error);

#endif

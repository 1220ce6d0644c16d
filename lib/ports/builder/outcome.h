/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_OUTCOME_H
#define PORTS_BUILDER_OUTCOME_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "model/states.h"

/* One outcome. An error is the caller's to free with outcomes_clear(). */
struct outcome {
	GError *error;  /* NULL: it worked */
	bool is_outage; /* the error is the builder's, and no element's own */
	/* session */
	uint64_t session_id;
	/* prepare */
	double *weights; /* of each component of the build; NULL: as they are */
	/* submit, poll and recover */
	bool is_known; /* recover and poll: the builder knows this task */
	bool is_lost;  /* poll: it is certain that the task has ended without a result */
	uint64_t task_id;
	enum task_state task_state;
	char *nvr;      /* of a closed task */
	char *reason;   /* of a failed or cancelled one */
	char *log_file; /* the log that matters, by name, NULL: none */
	char *excerpt;  /* of that log, at most 8 KiB */
	/* repo_ready, tags */
	bool is_ready;
	/* finish */
	char *modulemd;    /* the final document */
	char *reservation; /* what is to be kept before the module can be published; is_ready is
			      false */
};
void outcomes_clear(struct outcome *outcomes, size_t count);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef FLOW_PASS_H
#define FLOW_PASS_H

/* One pass of the scheduler: rounds of claim, load, observe, decide, perform, record, until nothing
 * moves or the budget is used. */

#include <signal.h>

#include "base/config.h"
#include "store/db.h"

struct announcer;

struct pass_wants {
	const char *holder; /* of claims; holder_self() */
	uint64_t build_id;  /* 0: all */
	bool is_dry;        /* print what would be done on standard output, change nothing */
	bool with_housekeeping;
	struct announcer *announcer; /* sends messages while passes go on; NULL: each pass sends
					its own before it ends */
	const volatile sig_atomic_t
		*stop; /* set by a signal: end after the current step; NULL: none */
};

struct pass_report {
	unsigned rounds;
	unsigned claimed;
	unsigned recorded;  /* builds written, each time counted */
	unsigned moved;     /* state changes */
	unsigned performed; /* effects */
	unsigned failed;    /* steps that ended in an error */
	unsigned sent;      /* messages, since the last pass */
};

/* Errors: UNAVAILABLE when the database is away. A build's error is logged and kept with its claim.
 */
bool pass_run(struct db *db, const struct config *config, const struct pass_wants *wants,
	      struct pass_report *ret, GError **error);

#endif

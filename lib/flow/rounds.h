/* SPDX-License-Identifier: MIT */
#ifndef FLOW_ROUNDS_H
#define FLOW_ROUNDS_H

/* The rounds of a pass over the builds that it holds. */

#include "flow/work.h"

/* Goes on until nothing moves or the pass is over. Errors: the database's. */
bool rounds_run(struct pass *pass, GError **error);

/* Fails the work when a name that was loaded is none that a submission lets in. */
void rounds_check_names(struct work *work);

#endif

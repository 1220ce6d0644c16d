/* SPDX-License-Identifier: MIT */
#ifndef FLOW_OBSERVE_H
#define FLOW_OBSERVE_H

/* What builders say of the tasks and repositories of the pass's active builds, in one call per
 * builder. */

#include "flow/work.h"

/* Asks and notes what is new; nothing is written yet. A builder that cannot be opened fails its
 * builds, uncounted. */
void observe_all(struct pass *pass);

/* The component's task has ended without a result: its attempt is over, and it waits for its next
 * one or has failed. */
void observe_lost(struct work *work, struct component *component);

#endif

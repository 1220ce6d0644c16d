/* SPDX-License-Identifier: MIT */
#ifndef FLOW_WORK_NOTES_H
#define FLOW_WORK_NOTES_H

/* What becomes of a build's intents and requests, to be written with the rest. */

#include "flow/work.h"

/* Notes an intent that was committed: a copy. */
void work_intend(struct work *work, const struct effect *effect);

/* Notes what is to be written; the arguments are copied. */
void work_end_effect(struct work *work, const struct effect_end *end);
/* Abandons the open intents of whole-build steps: the build has failed. Submissions are left, they
 * have to be looked for. */
void work_abandon_intents(struct work *work);
/* Ends the intents to cancel when nothing of the build is alive: their pass may have died. */
void work_settle_cancels(struct work *work);
void work_end_request(struct work *work, uint64_t id, const char *outcome);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_WAITS_H
#define MODEL_WAITS_H

/*
 * Why a build does not go on, in the words of the machine that decides it: where a rule's step has
 * no end yet, the step says so; where no rule fits, a second table does. Every situation has one of
 * them. The numbers are kept in tables: append only.
 */

#include <stdio.h>

#include "model/machine.h"

enum wait {
	WAIT_UNSEEN = 0, /* no scheduler has looked at it yet */
	WAIT_VERIFICATION = 1,
	WAIT_SLOT = 2,
	WAIT_TASKS = 3,
	WAIT_TASKS_AND_SLOT = 4,
	WAIT_RECOVERY = 5,
	WAIT_BUILDROOT = 6,
	WAIT_TAGS = 7,
	WAIT_REPO = 8,
	WAIT_PUBLISHING = 9,
	WAIT_GATE = 10,
	WAIT_OUTAGE = 11,   /* what it needs is away, for all builds */
	WAIT_RETRY = 12,    /* its last step failed */
	WAIT_OPERATOR = 13, /* it was set aside */
	WAIT_TURN = 14,     /* it moves on in the next pass */
	WAIT_CANCELING = 15,
	WAIT_CLEANING = 16,
	WAIT_DISCARDING = 17,
	WAIT_NOTHING = 18, /* it has ended */
	WAIT__COUNT
};

/* What a build in this situation waits for: until its next look, or until its step is done. */
enum wait machine_wait(const struct situation *now);

/* A recorded number; of a build that was set aside, whatever was recorded. A number of a later
 * release is WAIT_UNSEEN. */
enum wait wait_of(int recorded, bool is_set_aside);

/* "slot". */
const char *wait_name(enum wait wait);

/* A sentence; limit is that of concurrent component builds. The caller frees it. */
char *wait_words(enum wait wait, uint64_t limit);

/* Writes the table as Markdown. */
void waits_print(FILE *out);

#endif

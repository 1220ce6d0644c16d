/* SPDX-License-Identifier: MIT */
#ifndef FLOW_REQUIRES_H
#define FLOW_REQUIRES_H

/* What builds are built with: found once, when they leave init, and recorded. */

#include "flow/work.h"

/* Reads what is recorded of the builds, where that was not read yet; a build whose rows cannot be
 * read has the error and leaves the array. */
void works_need_requires(struct pass *pass, GPtrArray *works);

/* Whether that must be found before the build can leave init: its builder has tags. */
bool requires_are_open(const struct work *work);

/*
 * Finds what the builds of this round are built with that are checked and want to leave init: base
 * modules, else the newest ready builds. What cannot be had makes the check a bad one, with all
 * reasons. Builds of which that cannot be told now have the error. Errors: the database's.
 */
bool requires_settle(struct pass *pass, GError **error);

#endif

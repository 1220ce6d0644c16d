/* SPDX-License-Identifier: MIT */
#ifndef FLOW_REQUIRES_H
#define FLOW_REQUIRES_H

/* What builds are built with, as it was recorded. */

#include "flow/work.h"

/* Reads what is recorded of the builds, where that was not read yet; a build whose rows cannot be
 * read has the error and leaves the array. */
void works_need_requires(struct pass *pass, GPtrArray *works);

#endif

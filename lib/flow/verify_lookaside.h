/* SPDX-License-Identifier: MIT */
#ifndef FLOW_VERIFY_LOOKASIDE_H
#define FLOW_VERIFY_LOOKASIDE_H

/* Whether the lookaside cache has the files of the checks' sources lists; for verify.c. */

#include "flow/verify_component.h"

/* Asks for all of them, some at once, until the deadline; failures go to the checks. */
void lookaside_check(const struct config *config, struct check *checks, size_t count,
		     int64_t deadline);

#endif

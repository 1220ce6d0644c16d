/* SPDX-License-Identifier: MIT */
#ifndef CONTRACT_LOCAL_FIXTURE_H
#define CONTRACT_LOCAL_FIXTURE_H

#include "contract/builder_contract.h"

/* The local builder with real repositories behind a git daemon of its own. */
const char *local_check(void);
void local_set_up(struct builder_world *world);
void local_tear_down(struct builder_world *world);

#endif

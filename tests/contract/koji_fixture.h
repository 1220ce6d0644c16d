/* SPDX-License-Identifier: MIT */
#ifndef CONTRACT_KOJI_FIXTURE_H
#define CONTRACT_KOJI_FIXTURE_H

#include "contract/builder_contract.h"

/* The Koji builder with a stand-in hub (tests/stub/hub.py), which all tests of a program share and
 * each finds empty. */
const char *koji_check(void);
void koji_set_up(struct builder_world *world);
/* The same with the oldest hub that is served. */
void koji_old_set_up(struct builder_world *world);
void koji_tear_down(struct builder_world *world);

/* Has the hub do a command of tests/stub/hub_control.py; its answer, the caller frees it. */
char *koji_control(const char *json);

#endif

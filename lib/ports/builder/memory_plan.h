/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_MEMORY_PLAN_H
#define PORTS_BUILDER_MEMORY_PLAN_H

/*
 * How a task of the memory builder goes, read from its component's ref, or else from its name:
 * words separated by dots. A ref with any other word says nothing.
 *
 *	fail          it fails
 *	fail-first    its first attempt fails
 *	vanish        it ends without a result
 *	vanish-first  its first attempt ends without a result
 *	hang          it never ends
 *	ms-500        it ends half a second after its submission (5 ms without a word)
 *	polls-3       it ends when it is looked at for the third time
 */

#include "model/build.h"

struct memory_plan {
	bool fails;
	int64_t ms;     /* negative: it never ends */
	uint64_t polls; /* 0: time counts */
	bool vanishes;
};

struct memory_plan memory_plan_read(const struct component *component);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_PORTS_KOJI_FAKE_SESSION_H
#define TESTS_UNIT_PORTS_KOJI_FAKE_SESSION_H

/* Takes the place of wire's Koji session in a test program: calls are answered by a function. */

#include "wire/koji_session.h"

/* Answers one call: sets the answer's value, or its error with fake_fault(). */
typedef void fake_hub_fn(const char *method, struct json_object *params,
			 struct koji_answer *answer);
void fake_session_use(fake_hub_fn *hub);

/* A fault of the hub as its session would report it. */
void fake_fault(struct koji_answer *answer, const char *method, int64_t code, const char *text);

/* Whether sessions can be ended, as hubs since 1.31 let them be. */
void fake_session_can_fence(bool can_fence);

/* The sessions that were ended so far, and the requests: one for each koji_read_many() and
 * koji_write_many(). */
unsigned fake_session_fences(void);
unsigned fake_session_requests(void);
void fake_session_reset(void);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_VIEW_JSON_H
#define CGI_VIEW_JSON_H

/* The JSON of the rida API. */

#include "cgi/reply.h"
#include "model/build.h"

/* An error as it is told. */
struct problem {
	unsigned status;
	const char *phrase;
	const char *message;
	uint64_t build_id; /* the build it was recorded as; 0: none */
};

/* Marks the reply as JSON. */
void view_json(struct reply *reply);

/* {"id": 42, "state": "build", "tasks": …}; tasks is JSON text, NULL leaves it out. */
void view_build_json(GString *out, uint64_t id, enum build_state state, const char *tasks);

void view_states_json(GString *out);
void view_problem_json(const struct problem *problem, struct reply *reply);

#endif

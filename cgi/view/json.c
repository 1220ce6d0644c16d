/* SPDX-License-Identifier: MIT */
#include "cgi/view/json.h"

#include <inttypes.h>

#include "text/json.h"

void view_json(struct reply *reply)
{
	reply->policy = POLICY_DATA;
	reply_header(reply, "Content-Type", "application/json");
}

void view_build_json(GString *out, uint64_t id, enum build_state state, const char *tasks)
{
	g_string_append_printf(out, "{\"id\": %" PRIu64 ", \"state\": \"%s\"", id,
			       build_states[state].name);
	if (tasks) {
		g_string_append(out, ", \"tasks\": ");
		g_string_append(out, tasks);
	}
	g_string_append_c(out, '}');
}

void view_states_json(GString *out)
{
	g_string_append_c(out, '[');
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		g_string_append_printf(out, "%s{\"number\": %d, \"name\": ", i ? ", " : "", i);
		append_json_text(out, build_states[i].name);
		g_string_append(out, ", \"meaning\": ");
		append_json_text(out, build_states[i].meaning);
		g_string_append_c(out, '}');
	}
	g_string_append(out, "]\n");
}

void view_problem_json(const struct problem *problem, struct reply *reply)
{
	view_json(reply);
	g_string_append_printf(reply->body, "{\"status\": %u, \"error\": ", problem->status);
	append_json_text(reply->body, problem->phrase);
	g_string_append(reply->body, ", \"message\": ");
	append_json_text(reply->body, problem->message);
	if (problem->build_id)
		g_string_append_printf(reply->body, ", \"id\": %" PRIu64, problem->build_id);
	g_string_append(reply->body, "}\n");
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/status_json.h"

#include <inttypes.h>

#include "cgi/view/json.h"
#include "text/json.h"
#include "text/timestamp.h"

static void add_text(GString *out, const char *name, const char *value)
{
	g_string_append_printf(out, ", \"%s\": ", name);
	if (value && *value)
		append_json_text(out, value);
	else
		g_string_append(out, "null");
}

static void add_time(GString *out, const char *name, int64_t time)
{
	g_autofree char *text = time ? timestamp_write(time) : NULL;

	add_text(out, name, text);
}

static void add_number(GString *out, const char *name, uint64_t number)
{
	g_string_append_printf(out, ", \"%s\": %" PRIu64, name, number);
}

static void add_bool(GString *out, const char *name, bool value)
{
	g_string_append_printf(out, ", \"%s\": %s", name, value ? "true" : "false");
}

static void add_overview(const struct service_status *status, GString *out)
{
	const struct overview *overview = &status->overview;

	add_bool(out, "maintenance", overview->is_in_maintenance);
	add_bool(out, "read_only", overview->is_read_only);
	add_number(out, "due", overview->due);
	add_time(out, "due_since", overview->oldest_due_at);
	add_number(out, "set_aside", overview->quarantined);
	add_number(out, "open_effects", overview->open_effects);
	add_number(out, "slots_used", overview->building);
	add_number(out, "slots_limit", status->slots);
	add_number(out, "waiting_messages", overview->waiting_messages);
	add_time(out, "messages_since", overview->oldest_message_at);
	add_number(out, "dead_messages", overview->dead_messages);
	add_text(out, "bus_problem", overview->bus_problem);
	add_time(out, "last_pass", status->last_pass);
	add_bool(out, "last_pass_was_good", status->last_pass_was_good);
}

static void add_build(const struct service_status *status, const struct waiting_build *build,
		      GString *out)
{
	g_autofree char *words = wait_words(build->wait, status->slots);

	g_string_append_printf(out, "{\"id\": %" PRIu64, build->id);
	add_text(out, "name", build->name);
	add_text(out, "stream", build->stream);
	g_string_append_printf(out, ", \"version\": \"%" PRIu64 "\"", build->version);
	add_text(out, "owner", build->owner);
	add_text(out, "state", build_states[build->state].name);
	add_time(out, "modified_at", build->modified_at);
	add_text(out, "waits_for", wait_name(build->wait));
	add_text(out, "words", words);
	add_time(out, "waits_since", build->waits_since);
	add_time(out, "looked_at", build->looked_at);
	add_time(out, "next_look", build->quarantined_at ? 0 : build->due_at);
	add_time(out, "set_aside_at", build->quarantined_at);
	add_number(out, "attempts", build->attempts);
	add_text(out, "last_error", build->problem);
	g_string_append_c(out, '}');
}

void status_append_next(const struct service_status *status, GString *out)
{
	g_string_append_printf(out, "?%s=%" PRIu64,
			       status->next.is_beyond_quarantined ? "after" : "set_aside_after",
			       status->next.after);
}

void view_status_json(const struct service_status *status, struct reply *reply)
{
	g_autoptr(GString) next = g_string_new(NULL);
	GString *out = reply->body;

	view_json(reply);
	g_string_append(out, "{\"builds\": {");
	for (int state = 0; state < BUILD_STATE__COUNT; state++)
		g_string_append_printf(out, "%s\"%s\": %" PRIu64, state ? ", " : "",
				       build_states[state].name, status->overview.states[state]);
	g_string_append_c(out, '}');
	add_overview(status, out);
	if (status->has_next)
		status_append_next(status, next);
	add_text(out, "next", next->str);
	g_string_append(out, ", \"waiting\": [");
	for (guint i = 0; i < status->waiting->len; i++) {
		g_string_append(out, i ? ",\n\t" : "\n\t");
		add_build(status, g_ptr_array_index(status->waiting, i), out);
	}
	g_string_append(out, "\n]}\n");
}

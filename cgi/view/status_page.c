/* SPDX-License-Identifier: MIT */
#include "cgi/view/status_page.h"

#include "cgi/html.h"
#include "cgi/view/page.h"
#include "cgi/view/status_json.h"

#define LIVE_SECONDS 10

/* ---- what is wrong ----------------------------------------------------------------------------
 */

static bool is_late(int64_t lasting, uint64_t seconds)
{
	return lasting / G_USEC_PER_SEC > (int64_t)seconds;
}

static bool bus_has_problem(const struct overview *overview)
{
	return overview->bus_failures > 0 && overview->bus_problem && *overview->bus_problem;
}

static bool all_is_well(const struct service_status *status)
{
	const struct overview *overview = &status->overview;

	return !overview->is_in_maintenance && !overview->is_read_only && !overview->quarantined &&
	       !overview->dead_messages && !bus_has_problem(overview) &&
	       !is_late(overview_due_age(overview), status->overdue) &&
	       !is_late(overview_message_age(overview), status->message_age);
}

static void add_note(bool is_so, const char *words, GString *out)
{
	if (!is_so)
		return;
	html(out, "<p class=\"note\">");
	html_text(out, words);
	html(out, "</p>\n");
}

static void add_lateness(const char *words, int64_t lasting, uint64_t most, GString *out)
{
	if (!is_late(lasting, most))
		return;
	html(out, "<p class=\"note\">");
	html_text(out, words);
	html_duration(out, lasting);
	html(out, ".</p>\n");
}

static void add_bus_problem(const struct overview *overview, GString *out)
{
	if (!bus_has_problem(overview))
		return;
	html(out, "<p class=\"note\">Messages could not be sent: ");
	html_text(out, overview->bus_problem);
	if (overview->bus_retry_at > overview->now) {
		html(out, ". It is tried again in ");
		html_duration(out, overview->bus_retry_at - overview->now);
	}
	html(out, ". None is lost.</p>\n");
}

static void add_state(const struct service_status *status, GString *out)
{
	const struct overview *overview = &status->overview;
	const bool is_well = all_is_well(status);

	html(out, "<section class=\"panel ");
	html_attr(out, is_well ? "ready" : "bad");
	html(out, "\" aria-labelledby=\"state\">\n<h2 id=\"state\">");
	html_text(out, is_well ? "All is well" : "Something needs attention");
	html(out, "</h2>\n");
	add_note(overview->is_in_maintenance,
		 "Maintenance is on: builds can be read, but not submitted or changed.", out);
	add_note(overview->is_read_only, "The database takes no writes: nothing goes on.", out);
	add_lateness("Builds are due, and no scheduler has taken them for ",
		     overview_due_age(overview), status->overdue, out);
	add_note(
		overview->quarantined > 0,
		"Builds were set aside. An operator has to look at them: they are the first below.",
		out);
	add_lateness("A message has waited for ", overview_message_age(overview),
		     status->message_age, out);
	add_bus_problem(overview, out);
	add_note(
		overview->dead_messages > 0,
		"The bus does not take some messages. An operator has to look: rida-admin messages",
		out);
	if (is_well)
		html(out, "<p>Builds are taken up, and messages are sent.</p>\n");
	html(out, "</section>\n");
}

/* ---- figures ----------------------------------------------------------------------------------
 */

static void figure_begin(GString *out, const char *name)
{
	html(out, "<div><dt>");
	html_text(out, name);
	html(out, "</dt><dd>");
}

static void figure_end(GString *out)
{
	html(out, "</dd></div>\n");
}

/* "3 (the oldest for 5 s)" */
static void add_queue(GString *out, const char *name, uint64_t count, int64_t lasting)
{
	figure_begin(out, name);
	if (count >= OVERVIEW_MAX)
		html(out, "at least ");
	html_number(out, count);
	if (count && lasting) {
		html(out, " <small>the first for ");
		html_duration(out, lasting);
		html(out, "</small>");
	}
	figure_end(out);
}

static void add_slots(const struct service_status *status, GString *out)
{
	figure_begin(out, "Components being built");
	html_number(out, status->overview.building);
	if (status->slots) {
		html(out, " of ");
		html_number(out, status->slots);
		html(out, " at once ");
		page_progress(out, MIN(status->overview.building, status->slots), status->slots);
	}
	figure_end(out);
}

static void add_last_pass(const struct service_status *status, GString *out)
{
	if (!status->last_pass)
		return;
	figure_begin(out, "Last pass of the scheduler here");
	html_ago(out, status->last_pass, status->overview.now);
	if (!status->last_pass_was_good)
		html(out, " <small>it failed</small>");
	figure_end(out);
}

static void add_states(const struct web_request *request, const struct overview *overview,
		       GString *out)
{
	html(out, "<ul class=\"tallies\" aria-label=\"Builds by state\">\n");
	for (int state = 0; state < BUILD_STATE__COUNT; state++) {
		html(out, "<li>");
		page_state(request, out, (enum build_state)state);
		html(out, " ");
		html_number(out, overview->states[state]);
		html(out, "</li>\n");
	}
	html(out, "</ul>\n");
}

static void add_figures(const struct web_request *request, const struct service_status *status,
			GString *out)
{
	const struct overview *overview = &status->overview;

	html(out, "<section aria-labelledby=\"figures\">\n<h2 id=\"figures\">Figures</h2>\n");
	add_states(request, overview, out);
	html(out, "<dl class=\"figures\">\n");
	add_slots(status, out);
	add_queue(out, "Builds due", overview->due, overview_due_age(overview));
	add_queue(out, "Builds set aside", overview->quarantined, 0);
	add_queue(out, "Messages waiting", overview->waiting_messages,
		  overview_message_age(overview));
	add_queue(out, "Messages refused", overview->dead_messages, 0);
	add_queue(out, "Effects without result", overview->open_effects, 0);
	add_last_pass(status, out);
	html(out, "</dl>\n</section>\n");
}

/* ---- what waits -------------------------------------------------------------------------------
 */

static void add_reason(const struct service_status *status, const struct waiting_build *build,
		       GString *out)
{
	g_autofree char *words = wait_words(build->wait, status->slots);

	html(out, "<td class=\"why\">");
	html_text(out, words);
	if (build->problem && *build->problem) {
		html(out, "<small>");
		html_text(out, build->problem);
		if (build->attempts > 0) {
			html(out, " (");
			html_count(out, build->attempts, "attempt", "attempts");
			html(out, " without progress)");
		}
		html(out, "</small>");
	}
	html(out, "</td>");
}

static void add_next_look(const struct service_status *status, const struct waiting_build *build,
			  GString *out)
{
	const int64_t now = status->overview.now;

	html(out, "<td class=\"next\">");
	if (build->lease_until > now)
		html(out, "now");
	else if (build->quarantined_at || !build->due_at)
		html(out, "\xe2\x80\x93");
	else if (build->due_at <= now)
		html(out, "due");
	else
		html_duration(out, build->due_at - now);
	html(out, "</td>");
}

static void add_build(const struct web_request *request, const struct service_status *status,
		      const struct waiting_build *build, GString *out)
{
	const int64_t since = build->waits_since ? build->waits_since : build->modified_at;

	html(out, "<tr id=\"build-");
	html_number(out, build->id);
	html(out, "\"><td class=\"state\">");
	page_badge(out, build_states[build->state].name, NULL);
	html(out, "</td><th scope=\"row\" class=\"name\"><a href=\"");
	page_build_link(request, out, build->id);
	html(out, "\">");
	html_text(out, build->name);
	html(out, "<span class=\"stream\">:");
	html_text(out, build->stream);
	html(out, "</span></a><small>build ");
	html_number(out, build->id);
	html(out, " by ");
	html_text(out, build->owner);
	html(out, "</small></th>");
	add_reason(status, build, out);
	html(out, "<td class=\"age\">");
	html_ago(out, build->quarantined_at ? build->quarantined_at : since, status->overview.now);
	html(out, "</td>");
	add_next_look(status, build, out);
	html(out, "</tr>\n");
}

static void add_builds(const struct web_request *request, const struct service_status *status,
		       GString *out)
{
	html(out, "<table class=\"waits\">\n<caption class=\"hidden\">Builds that wait, with their "
		  "reasons</caption>\n<thead><tr><th scope=\"col\">State</th>"
		  "<th scope=\"col\">Module</th><th scope=\"col\">Waits for</th>"
		  "<th scope=\"col\">Since</th><th scope=\"col\">Next look</th></tr></thead>\n"
		  "<tbody>\n");
	for (guint i = 0; i < status->waiting->len; i++)
		add_build(request, status, g_ptr_array_index(status->waiting, i), out);
	html(out, "</tbody>\n</table>\n");
}

static void add_more(const struct web_request *request, const struct service_status *status,
		     GString *out)
{
	const bool is_first = !status->page.is_beyond_quarantined && !status->page.after;

	if (is_first && !status->has_next)
		return;
	html(out, "<nav class=\"pager\" aria-label=\"Pages\">\n");
	if (!is_first) {
		html(out, "<a rel=\"first\" href=\"");
		page_link(request, out, "/rida/status");
		html(out, "\">First</a> ");
	}
	if (status->has_next) {
		html(out, "<a rel=\"next\" href=\"");
		status_append_next(status, out);
		html(out, "\">More</a>\n");
	}
	html(out, "</nav>\n");
}

static void add_waiting(const struct web_request *request, const struct service_status *status,
			GString *out)
{
	html(out,
	     "<section aria-labelledby=\"waits\">\n<h2 id=\"waits\">What waits, and why</h2>\n");
	if (status->waiting->len)
		add_builds(request, status, out);
	else
		html(out, "<p class=\"empty\">No build waits for anything.</p>\n");
	add_more(request, status, out);
	html(out, "</section>\n");
}

void view_status_page(const struct web_request *request, const struct service_status *status,
		      struct reply *reply)
{
	const struct page_head head = {
		.title = "Status",
		.place = PAGE_STATUS,
		.live = LIVE_SECONDS,
		.reloads = LIVE_SECONDS * 5,
		.news = { .by = EVENTS_OF_ALL },
	};
	GString *out = reply->body;

	page_begin(request, reply, &head);
	html(out, "<h1>Status</h1>\n<div id=\"live\">\n");
	add_state(status, out);
	add_figures(request, status, out);
	add_waiting(request, status, out);
	html(out, "</div>\n");
	page_end(reply);
}

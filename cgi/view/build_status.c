/* SPDX-License-Identifier: MIT */
#include "cgi/view/build_status.h"

#include "cgi/html.h"
#include "cgi/own_address.h"
#include "cgi/view/component_words.h"
#include "cgi/view/koji_links.h"
#include "cgi/view/page.h"
#include "model/batch.h"
#include "model/waits.h"

/* Of so many failed components the log is shown, and the names of so many that are being built. */
#define EXCERPTS_MAX 5
#define NAMES_MAX    6

bool view_build_is_moving(const struct build *build)
{
	return build->state == BUILD_INIT || build->state == BUILD_WAIT ||
	       build->state == BUILD_BUILD || build->state == BUILD_DONE;
}

/* ---- what is being waited for -------------------------------------------------------------- */

/* What the scheduler recorded, while that is of the build as it is now; else the same rule, as far
 * as a reader knows the situation. */
static enum wait waiting_for(const struct build_details *details)
{
	const struct build *build = details->build;
	const struct build_watch *watch = &details->watch;
	const struct surroundings surroundings = {
		.cancel_requested = watch->cancel_is_asked,
		.slot_is_free = true,
		.has_gate = details->has_gate,
		.now = build->modified_at,
		.stuck_age = 1,
	};
	const enum wait recorded = wait_of(watch->waits_for, watch->quarantined_at != 0);
	const struct situation now = situation_of(build, &surroundings);

	if (recorded != WAIT_UNSEEN &&
	    (watch->quarantined_at || watch->looked_at >= build->modified_at))
		return recorded;
	if (build->state == BUILD_BUILD && now.tasks_alive)
		return WAIT_TASKS;
	return machine_wait(&now);
}

static bool any_is_building(const struct build *build)
{
	for (guint i = 0; i < build->components->len; i++) {
		const struct component *component = build->components->pdata[i];

		if (component->state == COMPONENT_BUILDING)
			return true;
	}
	return false;
}

/* The components that are being built, with how long they have been. */
static void add_building(const struct build_details *details, GString *out)
{
	guint shown = 0, more = 0;

	for (guint i = 0; i < details->build->components->len; i++) {
		const struct component *component = details->build->components->pdata[i];
		int64_t duration = component_duration(details, i);

		if (component->state != COMPONENT_BUILDING)
			continue;
		if (shown == NAMES_MAX) {
			more++;
			continue;
		}
		html_text(out, shown++ ? ", " : "Building ");
		html(out, "<a href=\"#component-");
		html_number(out, component->id);
		html(out, "\">");
		html_text(out, component->name);
		html(out, "</a>");
		if (duration > 0) {
			html(out, " (");
			html_duration(out, duration);
			html(out, ")");
		}
	}
	if (more) {
		html(out, " and ");
		html_number(out, more);
		html(out, " more");
	}
	html(out, ".");
}

/* When the scheduler looked, and looks again. */
static void add_looks(const struct build_watch *watch, GString *out)
{
	if (!watch->looked_at)
		return;
	html(out, "<p class=\"hint\">For ");
	html_duration(out, watch->now - watch->waits_since);
	html(out, " now; last looked at ");
	html_ago(out, watch->looked_at, watch->now);
	if (watch->due_at && !watch->quarantined_at) {
		html(out, ", next look ");
		html_text(out, watch->due_at > watch->now ? "in " : "is due");
		if (watch->due_at > watch->now)
			html_duration(out, watch->due_at - watch->now);
	}
	if (watch->attempts > 0 && watch->problem && *watch->problem) {
		html(out, "; ");
		html_count(out, watch->attempts, "attempt", "attempts");
		html(out, " without progress");
	}
	html(out, ".</p>\n");
}

static void add_waiting(const struct build_details *details, GString *out)
{
	const enum wait wait = waiting_for(details);
	g_autofree char *words = wait_words(wait, details->slots);
	const bool are_named = (wait == WAIT_TASKS || wait == WAIT_TASKS_AND_SLOT) &&
			       any_is_building(details->build);

	html(out, "<p>");
	if (are_named)
		add_building(details, out);
	if (are_named && wait == WAIT_TASKS_AND_SLOT)
		html(out, " ");
	if (!are_named || wait == WAIT_TASKS_AND_SLOT)
		html_text(out, words);
	html(out, "</p>\n");
	add_looks(&details->watch, out);
}

static void add_overall(const struct build *build, GString *out)
{
	struct tally tally = { 0 };

	for (guint i = 0; i < build->components->len; i++)
		tally_add(&tally, build->components->pdata[i]);
	if (tally.all == 0)
		return;
	html(out, "<p class=\"overall\">");
	page_progress(out, tally.complete, tally.all);
	html(out, "<span>");
	tally_write(&tally, out);
	html(out, "</span></p>\n");
}

/* ---- what has failed ------------------------------------------------------------------------ */

static void add_excerpt(const struct web_request *request, const struct component *component,
			const struct component_evidence *evidence, GString *out)
{
	html(out, "<details open id=\"excerpt-");
	html_number(out, component->id);
	html(out, "\"><summary>From ");
	component_log_link(request, component, evidence->excerpt_file, out);
	html_text(out, evidence->excerpt_file);
	html(out, "</a></summary><pre tabindex=\"0\">");
	html_log(out, evidence->excerpt);
	html(out, "</pre></details>\n");
}

static void add_culprit(const struct web_request *request, const struct component *component,
			const struct component_evidence *evidence, GString *out)
{
	html(out, "<div class=\"culprit\">\n<h3><a href=\"#component-");
	html_number(out, component->id);
	html(out, "\">");
	html_text(out, component->name);
	html(out, "</a></h3>\n<p>");
	html_text(out, component->state_reason);
	html(out, "</p>\n");
	if (evidence->excerpt && evidence->excerpt_file)
		add_excerpt(request, component, evidence, out);
	html(out, "</div>\n");
}

static void add_culprits(const struct web_request *request, const struct build_details *details,
			 GString *out)
{
	uint64_t found = 0;

	for (guint i = 0; i < details->build->components->len; i++) {
		const struct component *component = details->build->components->pdata[i];

		if (!component_is_culprit(component))
			continue;
		if (found++ < EXCERPTS_MAX)
			add_culprit(request, component, details->evidence->pdata[i], out);
	}
	if (found <= EXCERPTS_MAX)
		return;
	html(out, "<p>");
	html_number(out, found - EXCERPTS_MAX);
	html(out, " more failed; <a href=\"#components\">all components</a></p>\n");
}

/* ---- how it is used ------------------------------------------------------------------------- */

/* Where what was built is, in a build system with tags: there is no repository of ours. */
static void add_tag(const struct build_details *details, GString *out)
{
	html(out, "<p>Its packages are in Koji\xe2\x80\x99s tag ");
	koji_link(details, KOJI_PAGE_TAG, details->build->tag, out);
	html(out, ".</p>\n");
}

/* The repository as dnf wants it. */
static void add_repository(const struct web_request *request, const struct build *build,
			   GString *out)
{
	g_autofree char *folder = build_directory_name(build);
	g_autofree char *address = own_address(request);

	html(out, "<p><a class=\"button\" href=\"");
	page_link(request, out, "/rida/repos/");
	html_url_segment(out, folder);
	html(out, "/\">Repository</a></p>\n");
	if (!address)
		return;
	html(out,
	     "<details open id=\"usage\"><summary>Use it with dnf</summary>\n<p>As root, with the repository in "
	     "<code>/etc/yum.repos.d/");
	html_text(out, build->name);
	html(out, ".repo</code>:</p>\n<pre tabindex=\"0\">[");
	html_text(out, build->name);
	html(out, "]\nname=");
	html_text(out, build->name);
	html(out, ":");
	html_text(out, build->stream);
	html(out, "\nbaseurl=");
	html_text(out, address);
	page_link(request, out, "/rida/repos/");
	html_url_segment(out, folder);
	html(out, "/\ngpgcheck=0</pre>\n<p>then enable its stream and install what it holds:</p>\n"
		  "<pre tabindex=\"0\">dnf module enable ");
	html_text(out, build->name);
	html(out, ":");
	html_text(out, build->stream);
	html(out, "\ndnf install PACKAGE</pre></details>\n");
}

/* ---- the panel ------------------------------------------------------------------------------ */

static void add_title(const struct build *build, GString *out)
{
	static const char *const titles[BUILD_STATE__COUNT] = {
		[BUILD_INIT] = "Being checked",     [BUILD_WAIT] = "Waiting to start",
		[BUILD_BUILD] = "Building",         [BUILD_DONE] = "Built",
		[BUILD_READY] = "Ready to be used", [BUILD_GARBAGE] = "Cleaned away",
	};
	const GPtrArray *components = build->components;
	uint32_t current = build->state == BUILD_BUILD ? batch_view(build).current : 0;

	html(out, "<h2 id=\"status\">");
	html_text(out, build->state == BUILD_FAILED ? failure_type_meaning(build->failure_type)
						    : titles[build->state]);
	if (current) {
		const struct component *last = components->pdata[components->len - 1];

		html(out, " batch ");
		html_number(out, current);
		html(out, " of ");
		html_number(out, last->batch);
	}
	html(out, "</h2>\n");
}

static void add_quarantine(const struct build_details *details, GString *out)
{
	g_autofree char *words = wait_words(WAIT_OPERATOR, details->slots);
	const char *problem = details->watch.problem;

	html(out, "<p class=\"note\">");
	html_text(out, words);
	html(out, " <code>rida-admin release ");
	html_number(out, details->build->id);
	html(out, "</code>");
	if (problem && *problem) {
		html(out, " Why: ");
		html_text(out, problem);
	}
	html(out, "</p>\n");
}

/* What keeps it from going on: an outage of its builder, for one. It is no failure. */
static void add_problem(const struct build_details *details, GString *out)
{
	const struct build_watch *watch = &details->watch;

	if (!watch->problem || !*watch->problem)
		return;
	html(out, "<p class=\"note\">It could not go on when it was last looked at: ");
	html_text(out, watch->problem);
	html(out, ". It is tried again");
	if (watch->due_at > watch->now) {
		html(out, " in ");
		html_duration(out, watch->due_at - watch->now);
	}
	html(out, ".</p>\n");
}

static void add_notes(const struct build_details *details, GString *out)
{
	if (details->watch.cancel_is_asked)
		html(out,
		     "<p class=\"note\">Its cancellation was asked for and happens shortly.</p>\n");
	if (details->watch.ready_is_asked)
		html(out, "<p class=\"note\">Its gate was opened: it becomes ready shortly.</p>\n");
	if (details->watch.resume_is_asked)
		html(out,
		     "<p class=\"note\">It was asked for again and is resumed shortly, keeping what was built.</p>\n");
	if (details->watch.quarantined_at)
		add_quarantine(details, out);
	else if (view_build_is_moving(details->build))
		add_problem(details, out);
}

static void add_reason(const struct build *build, GString *out)
{
	if (!build->state_reason || !build->state_reason[0])
		return;
	html(out, "<p class=\"reason\">");
	html_text(out, build->state_reason);
	html(out, "</p>\n");
}

static void add_usage(const struct web_request *request, const struct build_details *details,
		      GString *out)
{
	const struct build *build = details->build;

	if (!build->is_finished || build->is_discarded)
		return;
	if (build->tag && *build->tag)
		add_tag(details, out);
	else
		add_repository(request, build, out);
}

static void add_verdict(const struct web_request *request, const struct build_details *details,
			GString *out)
{
	const struct build *build = details->build;

	if (view_build_is_moving(build)) {
		if (!details->watch.quarantined_at)
			add_waiting(details, out);
		add_overall(build, out);
	} else {
		add_reason(build, out);
	}
	if (build->state == BUILD_FAILED) {
		add_culprits(request, details, out);
		html(out,
		     "<p class=\"hint\">Submitting the same commit again resumes this build and keeps what was built.</p>\n");
	}
	if (build->state == BUILD_READY || build->state == BUILD_DONE)
		add_usage(request, details, out);
}

void view_build_status(const struct web_request *request, const struct build_details *details,
		       GString *out)
{
	html(out, "<section class=\"panel ");
	html_attr(out, build_states[details->build->state].name);
	html(out, "\" aria-labelledby=\"status\">\n");
	add_title(details->build, out);
	add_notes(details, out);
	add_verdict(request, details, out);
	html(out, "</section>\n");
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/components_table.h"

#include <inttypes.h>

#include "cgi/html.h"
#include "cgi/view/component_words.h"
#include "cgi/view/koji_links.h"
#include "cgi/view/page.h"

/* More batches than this are not worth an overview of their own. */
#define OVERVIEW_MAX 40

/* A batch: components are sorted by batch. */
struct batch {
	uint32_t number;
	guint begin, end; /* indices of its components */
	struct tally tally;
};

static GArray *batches_of(const GPtrArray *components)
{
	GArray *batches = g_array_new(FALSE, TRUE, sizeof(struct batch));

	for (guint i = 0; i < components->len; i++) {
		const struct component *component = components->pdata[i];
		struct batch *last;

		if (batches->len == 0 ||
		    g_array_index(batches, struct batch, batches->len - 1).number !=
			    component->batch) {
			struct batch next = { .number = component->batch, .begin = i };

			g_array_append_val(batches, next);
		}
		last = &g_array_index(batches, struct batch, batches->len - 1);
		last->end = i + 1;
		tally_add(&last->tally, component);
	}
	return batches;
}

static void add_overview(const GArray *batches, GString *out)
{
	html(out, "<ol class=\"batches\" aria-label=\"Batches\">\n");
	for (guint i = 0; i < batches->len; i++) {
		const struct batch *batch = &g_array_index(batches, struct batch, i);

		html(out, "<li");
		if (batch->tally.failed > 0)
			html(out, " class=\"failed\"");
		else if (batch->tally.building > 0)
			html(out, " class=\"building\"");
		html(out, "><a href=\"#batch-");
		html_number(out, batch->number);
		html(out, "\">Batch ");
		html_number(out, batch->number);
		html(out, "</a> <span>");
		html_number(out, batch->tally.complete);
		html(out, "/");
		html_number(out, batch->tally.all);
		html(out, "</span>");
		page_progress(out, batch->tally.complete, batch->tally.all);
		html(out, "</li>\n");
	}
	html(out, "</ol>\n");
}

static void add_logs(const struct web_request *request, const struct component *component,
		     const struct component_evidence *evidence, GString *out)
{
	for (char **log = evidence->logs; log && *log; log++) {
		component_log_link(request, component, *log, out);
		html_text(out, *log);
		html(out, "</a> ");
	}
}

/* Whether its reason says more than its state, and than the build's own reason. */
static bool has_own_reason(const struct build *build, const struct component *component)
{
	return component->state != COMPONENT_COMPLETE && component->state_reason &&
	       component->state_reason[0] &&
	       g_strcmp0(component->state_reason, build->state_reason) != 0;
}

static void add_package(const struct build_details *details, const struct component *component,
			GString *out)
{
	html(out, "<th scope=\"row\" class=\"name\">");
	html_text(out, component->name);
	if (component->nvr) {
		html(out, "<small>");
		koji_link(details, KOJI_PAGE_BUILD, component->nvr, out);
		html(out, "</small>");
	}
	if (has_own_reason(details->build, component)) {
		html(out, "<small class=\"why\">");
		html_text(out, component->state_reason);
		html(out, "</small>");
	}
	html(out, "</th>");
}

static void add_task(const struct build_details *details, const struct component *component,
		     GString *out)
{
	if (component->task_id) {
		g_autofree char *task = g_strdup_printf("%" PRIu64, component->task_id);

		html(out, "<td class=\"task\">");
		koji_link(details, KOJI_PAGE_TASK, task, out);
		html(out, " ");
		html_text(out, task_state_name(component->task_state));
	} else {
		html(out, "<td class=\"task none\">\xe2\x80\x93");
	}
	if (component->attempt > 1) {
		html(out, "<small>attempt ");
		html_number(out, component->attempt);
		html(out, "</small>");
	}
	html(out, "</td>");
}

static void add_component(const struct web_request *request, const struct build_details *details,
			  guint index, GString *out)
{
	const struct component *component = details->build->components->pdata[index];
	int64_t duration = component_duration(details, index);
	const char *word = component_word(component);

	html(out, "<tr id=\"component-");
	html_number(out, component->id);
	html(out, "\">");
	add_package(details, component, out);
	html(out, "<td class=\"state\">");
	page_badge(out, word, NULL);
	html(out, "</td>");
	add_task(details, component, out);
	if (duration > 0) {
		html(out, "<td class=\"took\">");
		html_duration(out, duration);
	} else {
		html(out, "<td class=\"took none\">\xe2\x80\x93");
	}
	html(out, "</td><td class=\"logs\">");
	add_logs(request, component, details->evidence->pdata[index], out);
	html(out, "</td></tr>\n");
}

static void add_batch(const struct web_request *request, const struct build_details *details,
		      const struct batch *batch, GString *out)
{
	html(out, "<tbody id=\"batch-");
	html_number(out, batch->number);
	html(out, "\">\n<tr class=\"batch\"><th colspan=\"5\" scope=\"rowgroup\">Batch ");
	html_number(out, batch->number);
	html(out, "<small>");
	tally_write(&batch->tally, out);
	html(out, "</small></th></tr>\n");
	for (guint i = batch->begin; i < batch->end; i++)
		add_component(request, details, i, out);
	html(out, "</tbody>\n");
}

void view_components(const struct web_request *request, const struct build_details *details,
		     GString *out)
{
	g_autoptr(GArray) batches = batches_of(details->build->components);

	if (batches->len == 0)
		return;
	html(out,
	     "<section aria-labelledby=\"components\">\n<h2 id=\"components\">Components</h2>\n");
	if (batches->len > 1 && batches->len <= OVERVIEW_MAX)
		add_overview(batches, out);
	html(out,
	     "<table class=\"components\">\n<caption class=\"hidden\">Components by batch</caption>\n<thead><tr>"
	     "<th scope=\"col\" class=\"name\">Package</th><th scope=\"col\" class=\"state\">State</th>"
	     "<th scope=\"col\" class=\"task\">Task</th><th scope=\"col\" class=\"took\">Duration</th>"
	     "<th scope=\"col\" class=\"logs\">Logs</th></tr></thead>\n");
	for (guint i = 0; i < batches->len; i++)
		add_batch(request, details, &g_array_index(batches, struct batch, i), out);
	html(out, "</table>\n</section>\n");
}

/* SPDX-License-Identifier: MIT */
#include "cgi/view/components_table.h"

#include "cgi/html.h"
#include "cgi/view/page.h"

/* How far a batch has come; components are sorted by batch. */
struct progress {
	uint32_t batch;
	uint64_t all;
	uint64_t complete;
	uint64_t unsuccessful;
};

static struct progress count_batch(const GPtrArray *components, uint32_t batch)
{
	struct progress progress = { .batch = batch };

	for (guint i = 0; i < components->len; i++) {
		const struct component *component = components->pdata[i];

		if (component->batch != batch)
			continue;
		progress.all++;
		progress.complete += component->state == COMPONENT_COMPLETE;
		progress.unsuccessful += component_is_unsuccessful(component);
	}
	return progress;
}

static void add_progress(GString *out, const struct progress *progress)
{
	html(out, "<tr class=\"batch\"><th colspan=\"5\" scope=\"rowgroup\">Batch ");
	html_number(out, progress->batch);
	html(out, " <progress max=\"");
	html_number(out, progress->all);
	html(out, "\" value=\"");
	html_number(out, progress->complete);
	html(out, "\"></progress> ");
	html_number(out, progress->complete);
	html(out, " of ");
	html_number(out, progress->all);
	html(out, " built");
	if (progress->unsuccessful > 0) {
		html(out, ", ");
		html_number(out, progress->unsuccessful);
		html(out, " failed");
	}
	html(out, "</th></tr>\n");
}

static void add_log_links(const struct web_request *request, const struct build_details *details,
			  const struct component *component, char *const *logs, GString *out)
{
	for (; logs && *logs; logs++) {
		html(out, "<a href=\"");
		page_link(request, out, "/rida/module-builds/");
		html_number(out, details->build->id);
		html(out, "/logs/");
		html_url_segment(out, component->name);
		html(out, "/");
		html_number(out, component->attempt);
		html(out, "/");
		html_url_segment(out, *logs);
		html(out, "\">");
		html_text(out, *logs);
		html(out, "</a> ");
	}
}

static void add_excerpt(const struct component_evidence *evidence, GString *out)
{
	if (!evidence->excerpt)
		return;
	html(out, "<tr class=\"excerpt\"><td colspan=\"5\"><details open><summary>The end of ");
	html_text(out, evidence->excerpt_file);
	html(out, "</summary><pre>");
	html_log(out, evidence->excerpt);
	html(out, "</pre></details></td></tr>\n");
}

static void add_component(const struct web_request *request, const struct build_details *details,
			  guint index, GString *out)
{
	const struct component *component = details->build->components->pdata[index];
	const struct component_evidence *evidence = details->evidence->pdata[index];

	html(out, "<tr><td>");
	html_text(out, component->name);
	if (component->nvr) {
		html(out, "<br><small>");
		html_text(out, component->nvr);
		html(out, "</small>");
	}
	html(out, "</td><td>");
	page_badge(out, component_state_name(component->state));
	html(out, "</td><td>");
	html_number(out, component->task_id);
	html(out, "/");
	html_text(out, task_state_name(component->task_state));
	if (component->attempt > 1) {
		html(out, "<br><small>attempt ");
		html_number(out, component->attempt);
		html(out, "</small>");
	}
	html(out, "</td><td>");
	add_log_links(request, details, component, evidence->logs, out);
	html(out, "</td><td class=\"text\">");
	html_text(out, component->state_reason);
	html(out, "</td></tr>\n");
	add_excerpt(evidence, out);
}

void view_components(const struct web_request *request, const struct build_details *details,
		     GString *out)
{
	const GPtrArray *components = details->build->components;
	uint32_t batch = UINT32_MAX;

	if (components->len == 0)
		return;
	html(out,
	     "<h2>Components</h2>\n<div class=\"scroll\"><table class=\"components\">\n<thead><tr><th>Package</th>"
	     "<th>State</th><th>Task</th><th>Logs</th><th>Note</th></tr></thead>\n<tbody>\n");
	for (guint i = 0; i < components->len; i++) {
		const struct component *component = components->pdata[i];

		if (component->batch != batch) {
			struct progress progress = count_batch(components, component->batch);

			batch = component->batch;
			add_progress(out, &progress);
		}
		add_component(request, details, i, out);
	}
	html(out, "</tbody>\n</table></div>\n");
}

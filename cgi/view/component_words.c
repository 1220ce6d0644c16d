/* SPDX-License-Identifier: MIT */
#include "cgi/view/component_words.h"

#include "cgi/html.h"
#include "cgi/view/page.h"

bool component_is_culprit(const struct component *component)
{
	return component_is_unsuccessful(component) && component->task_id != 0 &&
	       component->task_state != TASK_CANCELED;
}

const char *component_word(const struct component *component)
{
	if (!component_is_unsuccessful(component))
		return component_state_name(component->state);
	if (component->task_id == 0)
		return "not built";
	return component->task_state == TASK_CANCELED ? "canceled"
						      : component_state_name(component->state);
}

void tally_add(struct tally *tally, const struct component *component)
{
	tally->all++;
	tally->complete += component->state == COMPONENT_COMPLETE;
	tally->building += component->state == COMPONENT_BUILDING;
	if (!component_is_unsuccessful(component))
		return;
	tally->unbuilt += component->task_id == 0;
	tally->failed += component_is_culprit(component);
	tally->canceled += component->task_id != 0 && !component_is_culprit(component);
}

static void add_part(GString *out, uint64_t number, const char *word)
{
	if (number == 0)
		return;
	html(out, ", ");
	html_number(out, number);
	html(out, " ");
	html_text(out, word);
}

void tally_write(const struct tally *tally, GString *out)
{
	html_number(out, tally->complete);
	html(out, " of ");
	html_number(out, tally->all);
	html(out, " built");
	add_part(out, tally->building, "building");
	add_part(out, tally->failed, "failed");
	add_part(out, tally->canceled, "canceled");
	add_part(out, tally->unbuilt, "not built");
}

void component_log_link(const struct web_request *request, const struct component *component,
			const char *file, GString *out)
{
	html(out, "<a href=\"");
	page_build_link(request, out, component->build_id);
	html(out, "/logs/");
	html_url_segment(out, component->name);
	html(out, "/");
	html_number(out, component->attempt);
	html(out, "/");
	html_url_segment(out, file);
	html(out, "\">");
}

int64_t component_duration(const struct build_details *details, guint index)
{
	const struct component *component = details->build->components->pdata[index];
	const struct component_evidence *evidence = details->evidence->pdata[index];

	if (!evidence->started_at)
		return 0;
	if (evidence->finished_at)
		return MAX(evidence->finished_at - evidence->started_at, 1);
	return component->state == COMPONENT_BUILDING
		       ? MAX(details->watch.now - evidence->started_at, 1)
		       : 0;
}

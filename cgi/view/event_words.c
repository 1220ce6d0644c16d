/* SPDX-License-Identifier: MIT */
#include "cgi/view/event_words.h"

#include <inttypes.h>

#include "cgi/html.h"
#include "model/states.h"

#define FEEDS "/rida/feeds/"

static const struct {
	const char *parameter;
	const char *words;
	const char *feed;
	bool is_in_feed; /* the path goes on with the choice */
} choices[] = {
	[EVENTS_OF_ALL] = { NULL, "all builds", FEEDS "builds", false },
	[EVENTS_OF_MODULE] = { "name", "module ", FEEDS "modules/", true },
	[EVENTS_OF_OWNER] = { "owner", "builds of ", FEEDS "owners/", true },
	[EVENTS_OF_BUILD] = { "build", "build ", FEEDS "builds", false },
};

/* What is chosen; empty: everything. The caller frees it. */
static char *chosen(const struct event_filter *filter)
{
	if (filter->by == EVENTS_OF_BUILD)
		return g_strdup_printf("%" PRIu64, filter->build_id);
	return g_strdup(filter->by == EVENTS_OF_ALL ? "" : filter->text);
}

void event_filter_words(GString *out, const struct event_filter *filter)
{
	g_autofree char *value = chosen(filter);

	html_text(out, choices[filter->by].words);
	html_text(out, value);
}

void event_filter_query(GString *out, const struct event_filter *filter)
{
	g_autofree char *value = chosen(filter);

	if (filter->by == EVENTS_OF_ALL)
		return;
	html_attr(out, choices[filter->by].parameter);
	html(out, "=");
	html_url_argument(out, value);
}

void event_feed_path(GString *out, const struct event_filter *filter)
{
	html_attr(out, choices[filter->by].feed);
	if (choices[filter->by].is_in_feed)
		html_url_segment(out, filter->text);
}

const char *event_state_word(const struct event_facts *event)
{
	return event->state >= 0 && event->state < BUILD_STATE__COUNT
		       ? build_states[event->state].name
		       : "?";
}

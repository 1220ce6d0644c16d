/* SPDX-License-Identifier: MIT */
#include "cgi/view/list_form.h"

#include <string.h>

#include "cgi/html.h"
#include "cgi/view/page.h"

/* What was sent for the filter; NULL: it is not active. */
static const char *value_of(const struct web_request *request, const struct filter *filter)
{
	const char *value = web_request_argument(request, filter->name);

	return value && value[0] ? value : NULL;
}

static bool is_time(const struct filter *filter)
{
	return filter->type == FILTER_FROM || filter->type == FILTER_UNTIL;
}

static void add_states(GString *out, int chosen)
{
	html(out, "<select name=\"state\"><option value=\"\">any</option>");
	for (int i = 0; i < BUILD_STATE__COUNT; i++) {
		html(out, "<option");
		if (i == chosen)
			html(out, " selected");
		html(out, ">");
		html_text(out, build_states[i].name);
		html(out, "</option>");
	}
	html(out, "</select>");
}

/* A field for a day cannot hold a moment, or what is no time at all. */
static void add_input(GString *out, const struct filter *filter, const char *value)
{
	html(out, "<input name=\"");
	html_attr(out, filter->name);
	html(out, "\"");
	if (is_time(filter) && (!value || filter_is_day(value)))
		html(out, " type=\"date\"");
	if (!is_time(filter))
		html(out, " autocapitalize=\"none\" spellcheck=\"false\"");
	html(out, " value=\"");
	html_attr(out, value);
	html(out, "\">");
}

static void add_field(const struct web_request *request, const struct filter *filter, int state,
		      GString *out)
{
	html(out, "<label><span>");
	html_text(out, filter->label);
	html(out, "</span>");
	if (filter->type == FILTER_STATE)
		add_states(out, state);
	else
		add_input(out, filter, value_of(request, filter));
	html(out, "</label>\n");
}

/* The fields for times, which most people need never. */
static void add_times(const struct web_request *request, GString *out)
{
	bool is_used = false;

	for (size_t i = 0; i < filters_count; i++)
		is_used |= is_time(&filters[i]) && value_of(request, &filters[i]);
	html(out, "<details");
	if (is_used)
		html(out, " open");
	html(out, "><summary>Dates</summary>\n<div class=\"fields\">\n");
	for (size_t i = 0; i < filters_count; i++)
		if (is_time(&filters[i]))
			add_field(request, &filters[i], -1, out);
	html(out, "</div></details>\n");
}

static void add_active(const struct web_request *request, GString *out)
{
	html(out, "<ul class=\"active\" aria-label=\"Active filters\">\n");
	for (size_t i = 0; i < filters_count; i++) {
		const char *value = value_of(request, &filters[i]);
		g_autofree char *query = query_without(request, filters[i].name);

		if (!value)
			continue;
		html(out, "<li><a href=\"");
		html_url(out, query);
		html(out, "\"><span class=\"hidden\">Drop the filter </span>");
		html_text(out, filters[i].label);
		html(out, ": <strong>");
		html_text(out, value);
		html(out, "</strong> <span aria-hidden=\"true\">\xc3\x97</span></a></li>\n");
	}
	html(out, "<li><a class=\"all\" href=\"");
	page_link(request, out, "/rida/module-builds/");
	html(out, "\">Clear all</a></li>\n</ul>\n");
}

size_t view_list_filters(const struct web_request *request)
{
	size_t count = 0;

	for (size_t i = 0; i < filters_count; i++)
		count += value_of(request, &filters[i]) != NULL;
	return count;
}

void view_list_form(const struct web_request *request, int state, GString *out)
{
	const char *per_page = web_request_argument(request, "per_page");

	html(out, "<form class=\"filters\" role=\"search\" method=\"get\" action=\"");
	page_link(request, out, "/rida/module-builds/");
	html(out, "\">\n<div class=\"fields\">\n");
	for (size_t i = 0; i < filters_count; i++)
		if (!is_time(&filters[i]))
			add_field(request, &filters[i], state, out);
	html(out, "<button>Filter</button>\n</div>\n");
	add_times(request, out);
	if (per_page && per_page[0]) {
		html(out, "<input type=\"hidden\" name=\"per_page\" value=\"");
		html_attr(out, per_page);
		html(out, "\">\n");
	}
	html(out, "</form>\n");
	if (view_list_filters(request) > 0)
		add_active(request, out);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/filters.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "text/timestamp.h"
#include "text/url.h"

const struct filter filters[] = {
	{ "name", "Name", FILTER_TEXT, OFFSET_OF(struct build_filter, const char *, name) },
	{ "stream", "Stream", FILTER_TEXT, OFFSET_OF(struct build_filter, const char *, stream) },
	{ "owner", "Owner", FILTER_TEXT, OFFSET_OF(struct build_filter, const char *, owner) },
	{ "state", "State", FILTER_STATE, OFFSET_OF(struct build_filter, int, state) },
	{ "submitted_after", "Submitted from", FILTER_FROM,
	  OFFSET_OF(struct build_filter, int64_t, submitted_after) },
	{ "submitted_before", "Submitted until", FILTER_UNTIL,
	  OFFSET_OF(struct build_filter, int64_t, submitted_before) },
	{ "modified_after", "Changed from", FILTER_FROM,
	  OFFSET_OF(struct build_filter, int64_t, modified_after) },
	{ "modified_before", "Changed until", FILTER_UNTIL,
	  OFFSET_OF(struct build_filter, int64_t, modified_before) },
	{ "completed_after", "Completed from", FILTER_FROM,
	  OFFSET_OF(struct build_filter, int64_t, completed_after) },
	{ "completed_before", "Completed until", FILTER_UNTIL,
	  OFFSET_OF(struct build_filter, int64_t, completed_before) },
};
const size_t filters_count = G_N_ELEMENTS(filters);

static bool read_state(const char *name, const char *text, int *ret, GError **error)
{
	enum build_state state;

	if (!build_state_read(text, &state))
		return fail(
			error, RIDA_ERROR_MALFORMED,
			"%s: this is no state; /rida/build-states/ lists them by name and number",
			name);
	*ret = (int)state;
	return true;
}

bool filter_is_day(const char *text)
{
	return strlen(text) == strlen("YYYY-MM-DD") && strspn(text, "0123456789-") == strlen(text);
}

/* A page's form offers days; the last one counts to its end. */
static bool read_day(const char *text, enum filter_type type, int64_t *ret)
{
	g_autofree char *moment =
		g_strconcat(text, type == FILTER_UNTIL ? "T23:59:59.999999Z" : "T00:00:00Z", NULL);

	return filter_is_day(text) && timestamp_read(moment, ret, NULL);
}

static bool read_time(const struct web_request *request, const struct filter *filter,
		      const char *text, int64_t *ret, GError **error)
{
	if (timestamp_read(text, ret, NULL) ||
	    (request->wants_page && read_day(text, filter->type, ret))) {
		/* 0 is no time in a filter; nothing was submitted in 1970. */
		*ret = *ret ? *ret : 1;
		return true;
	}
	return fail(error, RIDA_ERROR_MALFORMED, "%s: a time is wanted like 2016-09-03T11:23:20Z%s",
		    filter->name, request->wants_page ? ", or a day like 2016-09-03" : "");
}

static bool read_filter(const struct web_request *request, const struct filter *filter,
			const char *text, void *place, GError **error)
{
	switch (filter->type) {
	case FILTER_STATE:
		return read_state(filter->name, text, place, error);
	case FILTER_FROM:
	case FILTER_UNTIL:
		return read_time(request, filter, text, place, error);
	case FILTER_TEXT:
		*(const char **)place = text;
		return true;
	}
	g_assert_not_reached();
}

bool filters_read(const struct web_request *request, struct build_filter *ret, GError **error)
{
	struct build_filter filter = BUILD_FILTER_ANY;

	for (size_t i = 0; i < filters_count; i++) {
		const char *text = web_request_argument(request, filters[i].name);
		void *place = (char *)&filter + filters[i].offset;

		if (text && text[0] && !read_filter(request, &filters[i], text, place, error))
			return false;
	}
	*ret = filter;
	return true;
}

bool number_read(const struct web_request *request, const char *name, uint64_t min, uint64_t max,
		 uint64_t *ret, GError **error)
{
	const char *text = web_request_argument(request, name);

	if (!text || strict_u64(text, min, max, ret, NULL))
		return true;
	return fail(error, RIDA_ERROR_MALFORMED,
		    "%s: a number from %" PRIu64 " to %" PRIu64 " is wanted", name, min, max);
}

/* However far past the end a page is, it is there, and empty. */
static bool read_page(const struct web_request *request, uint64_t *ret, GError **error)
{
	const char *text = web_request_argument(request, "page");
	const char *digit = text ? text + strspn(text, "0") : "";

	if (!*digit || digit[strspn(digit, "0123456789")] ||
	    strict_u64(digit, 1, PAGE_MAX, ret, NULL))
		return number_read(request, "page", 1, PAGE_MAX, ret, error);
	*ret = PAGE_MAX;
	return true;
}

bool paging_read(const struct web_request *request, uint64_t per_page, struct paging *ret,
		 GError **error)
{
	ret->page = 1;
	ret->per_page = per_page;
	ret->is_asked =
		web_request_argument(request, "page") || web_request_argument(request, "per_page");
	return read_page(request, &ret->page, error) &&
	       number_read(request, "per_page", 1, PER_PAGE_MAX, &ret->per_page, error);
}

bool verbose_read(const struct web_request *request, bool *ret, GError **error)
{
	const char *text = web_request_argument(request, "verbose");

	*ret = false;
	if (!text || !text[0] || strcmp(text, "0") == 0 || g_ascii_strcasecmp(text, "false") == 0)
		return true;
	*ret = strcmp(text, "1") == 0 || g_ascii_strcasecmp(text, "true") == 0;
	return *ret || fail(error, RIDA_ERROR_MALFORMED, "verbose: true or false is wanted");
}

/* Whether a parameter stays in a link: its first value, the one that counts, is not empty, and it
 * is neither the page nor the one that is left out. */
static bool stays(const struct web_request *request, const char *name, const char *left_out)
{
	return web_request_argument(request, name)[0] && strcmp(name, "page") != 0 &&
	       strcmp(name, left_out) != 0;
}

char *query_without(const struct web_request *request, const char *name)
{
	GString *query = g_string_new("?");

	for (guint i = 0; request->query && i < request->query->len; i++) {
		const struct query_pair *pair = request->query->pdata[i];
		g_autofree char *escaped_name = url_argument(pair->name);
		g_autofree char *escaped_value = url_argument(pair->value);

		if (stays(request, pair->name, name))
			g_string_append_printf(query, "%s%s=%s", query->len > 1 ? "&" : "",
					       escaped_name, escaped_value);
	}
	return g_string_free(query, FALSE);
}

char *query_with_page(const struct web_request *request, uint64_t page, uint64_t per_page)
{
	g_autofree char *others = query_without(request, "per_page");

	return g_strdup_printf("%s%spage=%" PRIu64 "&per_page=%" PRIu64, others,
			       others[1] ? "&" : "", page, per_page);
}

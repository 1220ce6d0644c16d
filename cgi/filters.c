/* SPDX-License-Identifier: MIT */
#include "cgi/filters.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "text/timestamp.h"
#include "text/url.h"

enum filter_type { FILTER_STATE, FILTER_TEXT, FILTER_TIME };

static const struct {
	const char *name;
	enum filter_type type;
	size_t offset; /* into struct build_filter */
} filters[] = {
	{ "state", FILTER_STATE, OFFSET_OF(struct build_filter, int, state) },
	{ "owner", FILTER_TEXT, OFFSET_OF(struct build_filter, const char *, owner) },
	{ "name", FILTER_TEXT, OFFSET_OF(struct build_filter, const char *, name) },
	{ "stream", FILTER_TEXT, OFFSET_OF(struct build_filter, const char *, stream) },
	{ "submitted_before", FILTER_TIME,
	  OFFSET_OF(struct build_filter, int64_t, submitted_before) },
	{ "submitted_after", FILTER_TIME,
	  OFFSET_OF(struct build_filter, int64_t, submitted_after) },
	{ "modified_before", FILTER_TIME,
	  OFFSET_OF(struct build_filter, int64_t, modified_before) },
	{ "modified_after", FILTER_TIME, OFFSET_OF(struct build_filter, int64_t, modified_after) },
	{ "completed_before", FILTER_TIME,
	  OFFSET_OF(struct build_filter, int64_t, completed_before) },
	{ "completed_after", FILTER_TIME,
	  OFFSET_OF(struct build_filter, int64_t, completed_after) },
};

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

static bool read_time(const char *name, const char *text, int64_t *ret, GError **error)
{
	if (timestamp_read(text, ret, NULL)) {
		/* 0 is no time in a filter; nothing was submitted in 1970. */
		*ret = *ret ? *ret : 1;
		return true;
	}
	return fail(error, RIDA_ERROR_MALFORMED, "%s: a time is wanted like 2016-09-03T11:23:20Z",
		    name);
}

bool filters_read(const struct web_request *request, struct build_filter *ret, GError **error)
{
	struct build_filter filter = BUILD_FILTER_ANY;

	for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
		const char *text = web_request_argument(request, filters[i].name);
		void *place = (char *)&filter + filters[i].offset;

		if (!text || !text[0])
			continue;
		if (filters[i].type == FILTER_STATE &&
		    !read_state(filters[i].name, text, place, error))
			return false;
		if (filters[i].type == FILTER_TIME &&
		    !read_time(filters[i].name, text, place, error))
			return false;
		if (filters[i].type == FILTER_TEXT)
			*(const char **)place = text;
	}
	*ret = filter;
	return true;
}

static bool read_number(const struct web_request *request, const char *name, uint64_t max,
			uint64_t *ret, GError **error)
{
	const char *text = web_request_argument(request, name);

	if (!text || strict_u64(text, 1, max, ret, NULL))
		return true;
	return fail(error, RIDA_ERROR_MALFORMED, "%s: a number from 1 to %" PRIu64 " is wanted",
		    name, max);
}

/* However far past the end a page is, it is there, and empty. */
static bool read_page(const struct web_request *request, uint64_t *ret, GError **error)
{
	const char *text = web_request_argument(request, "page");
	const char *digit = text ? text + strspn(text, "0") : "";

	if (!*digit || digit[strspn(digit, "0123456789")] ||
	    strict_u64(digit, 1, PAGE_MAX, ret, NULL))
		return read_number(request, "page", PAGE_MAX, ret, error);
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
	       read_number(request, "per_page", PER_PAGE_MAX, &ret->per_page, error);
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

char *query_with_page(const struct web_request *request, uint64_t page, uint64_t per_page)
{
	GString *query = g_string_new("?");

	for (guint i = 0; request->query && i < request->query->len; i++) {
		const struct query_pair *pair = request->query->pdata[i];
		g_autofree char *name = NULL, *value = NULL;

		if (strcmp(pair->name, "page") == 0 || strcmp(pair->name, "per_page") == 0)
			continue;
		name = url_argument(pair->name);
		value = url_argument(pair->value);
		g_string_append_printf(query, "%s=%s&", name, value);
	}
	g_string_append_printf(query, "page=%" PRIu64 "&per_page=%" PRIu64, page, per_page);
	return g_string_free(query, FALSE);
}

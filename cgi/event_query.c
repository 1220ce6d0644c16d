/* SPDX-License-Identifier: MIT */
#include "cgi/event_query.h"

#include "base/error.h"
#include "base/strict.h"
#include "cgi/filters.h"

static bool read_choice(const struct web_request *request, const char *name, enum event_by by,
			struct event_filter *ret, GError **error)
{
	const char *text = web_request_argument(request, name);

	if (!text || !*text)
		return true;
	if (ret->by != EVENTS_OF_ALL)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "%s: only one of name, owner and build can be asked for", name);
	ret->by = by;
	ret->text = text;
	return by != EVENTS_OF_BUILD ||
	       number_read(request, name, 1, UINT64_MAX, &ret->build_id, error);
}

static bool read_filter(const struct web_request *request, struct event_filter *ret, GError **error)
{
	return read_choice(request, "name", EVENTS_OF_MODULE, ret, error) &&
	       read_choice(request, "owner", EVENTS_OF_OWNER, ret, error) &&
	       read_choice(request, "build", EVENTS_OF_BUILD, ret, error);
}

/* What an EventSource has seen last; a header without a value says nothing. */
static bool read_last_seen(const struct web_request *request, struct event_query *ret,
			   GError **error)
{
	const char *text = web_request_parameter(request, "HTTP_LAST_EVENT_ID");

	if (!request->wants_events || !text || !*text)
		return true;
	ret->has_after = true;
	return strict_u64(text, 0, UINT64_MAX, &ret->after, NULL) ||
	       fail(error, RIDA_ERROR_MALFORMED, "Last-Event-ID: the number of an event is wanted");
}

bool event_query_read(const struct web_request *request, uint64_t limit, struct event_query *ret,
		      GError **error)
{
	struct event_query query = { .before = UINT64_MAX, .limit = limit };

	query.has_after = web_request_argument(request, "after") != NULL;
	if (!read_filter(request, &query.filter, error) ||
	    !number_read(request, "after", 0, UINT64_MAX, &query.after, error) ||
	    !number_read(request, "before", 0, UINT64_MAX, &query.before, error) ||
	    !number_read(request, "limit", 1, EVENTS_MAX, &query.limit, error) ||
	    !read_last_seen(request, &query, error))
		return false;
	*ret = query;
	return true;
}

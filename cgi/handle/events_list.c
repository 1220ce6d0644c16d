/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>

#include "cgi/etag.h"
#include "cgi/event_query.h"
#include "cgi/view/event_json.h"
#include "cgi/view/events_page.h"
#include "cgi/view/json.h"

#define EVENTS_OF_PAGE 50

/* The tag of this query at the newest event there is. */
static bool is_unchanged(const struct web_request *request, const struct event_message *message,
			 struct reply *reply)
{
	g_autofree char *tag = g_strdup_printf("events-%" PRIu64 "-%08x", message->newest,
					       g_str_hash(request->query_text));

	return reply_etag(request, reply, tag);
}

static bool stream_array(struct app *app, const struct web_request *request, struct db_rows *rows,
			 struct reply *reply, GError **error)
{
	g_auto(EventMessage) message = { 0 };
	int r = db_next(rows, &message, error);

	view_json(reply);
	if (r > 0 && is_unchanged(request, &message, reply))
		return true;
	g_string_append_c(reply->body, '[');
	for (const char *separator = ""; r > 0; separator = ",\n") {
		g_string_append(reply->body, separator);
		view_event_json(reply->body, &message, app->config->bus_topic_prefix);
		r = app_flush(app, reply) ? db_next(rows, &message, error) : 0;
	}
	g_string_append(reply->body, "]\n");
	return r >= 0;
}

static bool select_messages(struct app *app, const struct event_query *query, struct db_rows **ret,
			    GError **error)
{
	const struct event_page page = { .edge = query->after, .limit = query->limit };
	struct db *db = NULL;

	return database_use(app->database, &db, error) &&
	       event_list_store_messages(db, &query->filter, &page, ret, error);
}

static bool list_json(struct app *app, const struct web_request *request, struct reply *reply,
		      GError **error)
{
	g_autoptr(DbRows) rows = NULL;
	struct event_query query;

	return event_query_read(request, EVENTS_DEFAULT, &query, error) &&
	       select_messages(app, &query, &rows, error) &&
	       stream_array(app, request, rows, reply, error);
}

static bool stream_news(struct app *app, const struct event_query *query, struct reply *reply,
			GError **error)
{
	g_auto(EventMessage) message = { 0 };
	g_autoptr(DbRows) rows = NULL;
	int r;

	if (!select_messages(app, query, &rows, error))
		return false;
	view_stream_begin(reply->body, query->after);
	while ((r = db_next(rows, &message, error)) > 0) {
		view_stream_event(reply->body, &message, app->config->bus_topic_prefix);
		if (!app_flush(app, reply))
			return true;
	}
	return r == 0;
}

/* Who does not say what he has seen is told of nothing but of what comes. */
static bool begin_at_newest(struct app *app, struct reply *reply, GError **error)
{
	struct db *db = NULL;
	uint64_t newest;

	if (!database_use(app->database, &db, error) ||
	    !event_list_store_newest(db, &newest, error))
		return false;
	view_stream_begin(reply->body, newest);
	return true;
}

/* The answer ends; an EventSource connects again and says where it was. */
static bool list_stream(struct app *app, const struct web_request *request, struct reply *reply,
			GError **error)
{
	struct event_query query;

	if (!event_query_read(request, EVENTS_DEFAULT, &query, error))
		return false;
	reply->policy = POLICY_DATA;
	reply->caching = "no-store";
	reply_header(reply, "Content-Type", "text/event-stream");
	return query.has_after ? stream_news(app, &query, reply, error)
			       : begin_at_newest(app, reply, error);
}

static void reverse(GPtrArray *events)
{
	for (guint i = 0; i < events->len / 2; i++) {
		void *other = events->pdata[i];

		events->pdata[i] = events->pdata[events->len - 1 - i];
		events->pdata[events->len - 1 - i] = other;
	}
}

/* One more is read than shown: whether the page has a next one. */
static bool read_page(struct db *db, const struct event_query *query, struct event_list *ret,
		      GError **error)
{
	const struct event_page page = {
		.edge = query->has_after ? query->after : query->before,
		.limit = query->limit + 1,
		.is_descending = !query->has_after,
	};
	bool is_more;

	if (!event_list_store_facts(db, &query->filter, &page, &ret->events, error))
		return false;
	is_more = ret->events->len > query->limit;
	if (is_more)
		g_ptr_array_set_size(ret->events, (int)query->limit);
	if (query->has_after)
		reverse(ret->events);
	ret->has_newer = query->has_after ? is_more : query->before < UINT64_MAX;
	ret->has_older = query->has_after ? query->after > 0 : is_more;
	return true;
}

static bool list_page(struct app *app, const struct web_request *request, struct reply *reply,
		      GError **error)
{
	struct event_list list = { 0 };
	struct event_query query;
	struct db *db = NULL;

	if (!event_query_read(request, EVENTS_OF_PAGE, &query, error) ||
	    !database_use(app->database, &db, error) || !read_page(db, &query, &list, error))
		return false;
	view_events_page(request, &query, &list, g_get_real_time(), reply);
	g_ptr_array_unref(list.events);
	return true;
}

bool events_list(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	if (request->wants_events)
		return list_stream(app, request, reply, error);
	return request->wants_page ? list_page(app, request, reply, error)
				   : list_json(app, request, reply, error);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include "cgi/view/feed.h"

#define EVENTS_OF_FEED 50

static bool answer_feed(struct app *app, const struct web_request *request,
			const struct event_filter *filter, struct reply *reply, GError **error)
{
	const struct event_page page = { .edge = UINT64_MAX,
					 .limit = EVENTS_OF_FEED,
					 .is_descending = true };
	g_autoptr(GPtrArray) events = NULL;
	struct db *db = NULL;

	if (!database_use(app->database, &db, error) ||
	    !event_list_store_facts(db, filter, &page, &events, error))
		return false;
	view_feed(request, filter, events, reply);
	return true;
}

bool feed_of_all(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	const struct event_filter filter = { .by = EVENTS_OF_ALL };

	return answer_feed(app, request, &filter, reply, error);
}

bool feed_of_module(struct app *app, const struct web_request *request, struct reply *reply,
		    GError **error)
{
	const struct event_filter filter = { .by = EVENTS_OF_MODULE, .text = request->wanted[0] };

	return answer_feed(app, request, &filter, reply, error);
}

bool feed_of_owner(struct app *app, const struct web_request *request, struct reply *reply,
		   GError **error)
{
	const struct event_filter filter = { .by = EVENTS_OF_OWNER, .text = request->wanted[0] };

	return answer_feed(app, request, &filter, reply, error);
}

/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include "base/error.h"
#include "cgi/watchers.h"
#include "flow/metrics.h"

/* What the processes counted is told while the database is away, too. */
bool metrics(struct app *app, const struct web_request *request, struct reply *reply,
	     GError **error)
{
	g_auto(Overview) overview = { 0 };
	g_autoptr(GError) problem = NULL;
	struct db *db = NULL;
	bool is_known;

	if (!watchers_admit(app->config, request, error))
		return false;
	is_known = database_use(app->database, &db, &problem) &&
		   overview_store_read(db, &overview, &problem);
	if (!is_known && database_was_stale(app->database)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	reply_header(reply, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	reply->caching = "no-store";
	metrics_append(reply->body, app->config, is_known ? &overview : NULL);
	return true;
}

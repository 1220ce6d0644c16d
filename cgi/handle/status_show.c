/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include "cgi/filters.h"
#include "cgi/service_status.h"
#include "cgi/view/status_json.h"
#include "cgi/view/status_page.h"

/* after: a build that is not set aside; set_aside_after: one that is. */
static bool read_page(const struct web_request *request, struct waiting_page *ret, GError **error)
{
	struct waiting_page page = { .is_beyond_quarantined =
					     web_request_argument(request, "after") != NULL };
	const char *name = page.is_beyond_quarantined ? "after" : "set_aside_after";

	if (!number_read(request, name, 0, INT64_MAX, &page.after, error))
		return false;
	*ret = page;
	return true;
}

bool status_show(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	g_auto(ServiceStatus) status = { 0 };
	struct waiting_page page = { 0 };
	struct db *db = NULL;

	if (!read_page(request, &page, error) || !database_use(app->database, &db, error) ||
	    !service_status_read(db, app->config, &page, &status, error))
		return false;
	if (request->wants_page)
		view_status_page(request, &status, reply);
	else
		view_status_json(&status, reply);
	return true;
}

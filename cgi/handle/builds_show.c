/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>

#include "base/error.h"
#include "cgi/build_details.h"
#include "cgi/build_id.h"
#include "cgi/build_list.h"
#include "cgi/etag.h"
#include "cgi/view/build_page.h"
#include "cgi/view/json.h"
#include "store/misc_store.h"

static bool show_json(struct db *db, const struct web_request *request, struct build_row *row,
		      struct reply *reply, GError **error)
{
	g_autofree char *tag =
		g_strdup_printf("build-%" PRIu64 "-%" PRIu64, row->build.id, row->build.gen);

	view_json(reply);
	if (reply_etag(request, reply, tag))
		return true;
	if (!build_rows_refresh(db, &row, 1, error))
		return false;
	view_build_json(reply->body, row->build.id, row->build.state, row->tasks);
	g_string_append_c(reply->body, '\n');
	return true;
}

static bool find_json(struct app *app, const struct web_request *request, uint64_t id,
		      struct reply *reply, GError **error)
{
	struct build_row row = { 0 };
	struct db *db = NULL;
	bool is_good;

	if (!database_use(app->database, &db, error) ||
	    !build_row_find(db, id, ROW_BRIEF, &row, error))
		return false;
	is_good = show_json(db, request, &row, reply, error);
	build_row_clear(&row);
	return is_good;
}

static bool find_document(struct app *app, uint64_t id, char **ret, GError **error)
{
	g_autoptr(GError) problem = NULL;
	struct db *db = NULL;

	if (!database_use(app->database, &db, error))
		return false;
	if (modulemd_store_get(db, id, MODULEMD_STORED, ret, &problem))
		return true;
	if (error_code(problem) == RIDA_ERROR_MISSING)
		return fail(error, RIDA_ERROR_MISSING, "there is no document of build %" PRIu64,
			    id);
	g_propagate_error(error, g_steal_pointer(&problem));
	return false;
}

static bool show_page(struct app *app, const struct web_request *request, uint64_t id,
		      struct reply *reply, GError **error)
{
	g_auto(BuildDetails) details = { 0 };
	struct db *db = NULL;

	if (!database_use(app->database, &db, error) ||
	    !build_details_read(db, app->config, id, &details, error))
		return false;
	view_build_page(request, &details, reply);
	return true;
}

bool builds_show(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	uint64_t id;

	if (!build_id_read(request, &id, error))
		return false;
	return request->wants_page ? show_page(app, request, id, reply, error)
				   : find_json(app, request, id, reply, error);
}

bool build_modulemd(struct app *app, const struct web_request *request, struct reply *reply,
		    GError **error)
{
	g_autofree char *text = NULL;
	uint64_t id;

	if (!build_id_read(request, &id, error) || !find_document(app, id, &text, error))
		return false;
	reply->policy = POLICY_SANDBOX;
	reply_header(reply, "Content-Type", "text/plain; charset=utf-8");
	g_string_append(reply->body, text);
	return true;
}

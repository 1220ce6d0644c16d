/* SPDX-License-Identifier: MIT */
#include "cgi/serve.h"

#include "base/error.h"
#include "base/log.h"
#include "cgi/etag.h"
#include "cgi/identity.h"
#include "cgi/negotiate.h"
#include "cgi/problem.h"
#include "cgi/request_count.h"
#include "cgi/router.h"
#include "store/maintenance_store.h"
#include "store/writer_store.h"

/* Fills the reply or fails; may be called a second time when the kept connection was stale. */
static bool call(handler_fn *function, struct app *app, const struct web_request *request,
		 struct reply *reply, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (function(app, request, reply, &problem))
		return true;
	if (reply->is_begun || !database_was_stale(app->database)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	}
	reply_reset(reply);
	return function(app, request, reply, error);
}

/* Submissions and requests on a server that has lost what clients have seen would only add to it.
 */
static bool refuse_another_writer(struct app *app, struct db *db, GError **error)
{
	g_auto(Writer) writer = { 0 };
	g_autoptr(GError) problem = NULL;

	if (!writer_store_read(db, &writer, error))
		return false;
	if (writer_check(&writer, app->config->db_watch_server, &problem))
		return true;
	log_error("writer-refused", log_error_text(problem));
	return fail(
		error, RIDA_ERROR_UNAVAILABLE,
		"the database is being moved to another server: builds can be read, but not submitted "
		"or changed; try again later");
}

/* Asks the database before anything is changed, so that a stale connection is found while trying
 * again is harmless. */
static bool refuse_changes(struct app *app, const struct web_request *request, struct reply *reply,
			   GError **error)
{
	struct db *db = NULL;
	bool is_on = false;

	(void)request;
	(void)reply;
	if (!database_use(app->database, &db, error) || !maintenance_store_is_on(db, &is_on, error))
		return false;
	if (is_on)
		return fail(
			error, RIDA_ERROR_UNAVAILABLE,
			"rida is in maintenance: builds can be read, but not submitted or changed; try again later");
	return refuse_another_writer(app, db, error);
}

/* The way of a browser's address bar to the data is ?format=json. */
static void negotiate(struct web_request *request)
{
	const char *accept = web_request_parameter(request, "HTTP_ACCEPT");
	bool is_json = g_strcmp0(web_request_argument(request, "format"), "json") == 0;

	request->wants_page = !is_json && accept_prefers_html(accept);
	request->wants_events = !is_json && accept_prefers_events(accept);
}

static bool handle(struct app *app, const struct route *route, struct web_request *request,
		   struct reply *reply, GError **error)
{
	if (route->is_page)
		request->wants_page = true;
	if (route->right == RIGHT_ANYONE)
		return call(route->handle, app, request, reply, error);
	return call(refuse_changes, app, request, reply, error) &&
	       route->handle(app, request, reply, error);
}

static bool answer(struct app *app, struct web_request *request, struct reply *reply,
		   const struct route **ret_route, GError **error)
{
	g_autoptr(GError) bad_query = NULL;

	web_request_read_query(request, &bad_query);
	negotiate(request);
	switch (route_request(&all_routes, app->config, request, reply, ret_route, error)) {
	case ROUTING_ANSWERED:
		return true;
	case ROUTING_FAILED:
		return false;
	case ROUTING_HANDLE:
		break;
	}
	if (bad_query) {
		g_propagate_error(error, g_steal_pointer(&bad_query));
		return false;
	}
	return handle(app, *ret_route, request, reply, error);
}

/* Turns a failure into an answer, or breaks off what has begun. */
static void settle(struct app *app, const struct web_request *request, struct reply *reply,
		   GError *problem)
{
	if (!problem && reply->has_refused)
		fail(&problem, RIDA_ERROR_INTERNAL, "a header of the answer holds control bytes");
	if (!problem)
		return;
	if (reply->is_begun) {
		log_error("answer-broken-off", log_text("path", request->path),
			  log_error_text(problem));
		reply->is_cut = true;
	} else {
		reply_reset(reply);
		problem_answer(app, request, problem, reply);
	}
	g_error_free(problem);
}

bool app_flush(struct app *app, struct reply *reply)
{
	if (!reply_flush(reply))
		return false;
	if (reply->is_begun)
		database_go_on(app->database);
	return true;
}

bool serve(struct app *app, const struct exchange *exchange)
{
	g_auto(WebRequest) request = { 0 };
	g_auto(Reply) reply = { 0 };
	const int64_t began = g_get_monotonic_time();
	const struct route *route = NULL;
	GError *problem = NULL;

	web_request_init(&request, exchange->parameters, exchange->read_body, exchange->stream);
	reply_init(&reply, request.method == METHOD_HEAD, exchange->write, exchange->stream);
	request.caller = identity_of(app->config, &request);
	request.public_url = app->config->public_url;
	database_begin(app->database);
	answer(app, &request, &reply, &route, &problem);
	database_end(app->database);
	settle(app, &request, &reply, problem);
	if (request.method == METHOD_GET || request.method == METHOD_HEAD)
		reply_etag_of_body(&request, &reply);
	if (!reply.is_cut)
		reply_finish(&reply);
	request_count(route, reply.status, g_get_monotonic_time() - began);
	return !reply.is_cut;
}

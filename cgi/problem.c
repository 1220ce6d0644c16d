/* SPDX-License-Identifier: MIT */
#include "cgi/problem.h"

#include "base/error.h"
#include "base/log.h"
#include "cgi/view/json.h"
#include "cgi/view/page.h"

#define RETRY_AFTER "5"

/* clang-format off */
static const unsigned statuses[RIDA_ERROR__COUNT] = {
	[RIDA_ERROR_MALFORMED]       = 400,
	[RIDA_ERROR_UNKNOWN_CALLER]  = 401,
	[RIDA_ERROR_FORBIDDEN]       = 403,
	[RIDA_ERROR_MISSING]         = 404,
	[RIDA_ERROR_CONFLICT]        = 409,
	[RIDA_ERROR_UNACCEPTABLE]    = 422,
	[RIDA_ERROR_UNSUPPORTED]     = 501,
	[RIDA_ERROR_UNAVAILABLE]     = 503,
	[RIDA_ERROR_UNKNOWN_OUTCOME] = 503,
	[RIDA_ERROR_INTERNAL]        = 500,
};
/* clang-format on */

unsigned problem_status(const GError *error)
{
	return statuses[error_code(error)];
}

/* 12 hexadecimal digits that a person can read out. */
static char *new_incident(void)
{
	return g_strdup_printf("%08x%04x", g_random_int(),
			       (unsigned)g_random_int_range(0, 0x10000));
}

/* What the client may read, and what only the log gets. */
static char *public_message(struct app *app, const struct web_request *request, const GError *error)
{
	unsigned status = problem_status(error);
	bool is_unwritable = status == 503 && database_is_unwritable(app->database);
	bool is_away = status == 503 && (is_unwritable || database_has_failed(app->database));
	g_autofree char *incident = NULL;

	if (status == 503 && !is_away)
		log_info("request-put-off", log_text("method", method_name(request->method)),
			 log_text("path", request->path), log_error_text(error));
	if (status != 500 && !is_away)
		return g_strdup(error->message);
	incident = new_incident();
	log_error("request-failed", log_text("incident", incident),
		  log_text("method", method_name(request->method)), log_text("path", request->path),
		  log_u64("status", status), log_error_text(error));
	if (is_unwritable)
		return g_strdup_printf(
			"the database takes no changes now: try again in a few seconds (incident %s)",
			incident);
	if (is_away)
		return g_strdup_printf(
			"the database is away: try again in a few seconds (incident %s)", incident);
	return g_strdup_printf(
		"something went wrong on our side; tell the operators this incident: %s", incident);
}

void problem_answer(struct app *app, const struct web_request *request, const GError *error,
		    struct reply *reply)
{
	g_autofree char *message = public_message(app, request, error);
	struct problem problem = { problem_status(error), status_phrase(problem_status(error)),
				   message, 0 };

	reply->status = problem.status;
	if (problem.status == 503)
		reply_header(reply, "Retry-After", RETRY_AFTER);
	if (problem.status == 401 && app->config->auth == AUTH_FRONT)
		reply_header(reply, "WWW-Authenticate", "Basic realm=\"rida\"");
	reply->caching = "no-store";
	if (request->wants_page)
		view_problem_page(request, &problem, reply);
	else
		view_problem_json(&problem, reply);
}

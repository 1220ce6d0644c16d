/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "cgi/identity.h"
#include "cgi/json_body.h"
#include "cgi/slots.h"
#include "cgi/view/json.h"
#include "cgi/view/page.h"
#include "flow/submit.h"
#include "text/url.h"

#define KEY_MAX 128
#define ADVICE  "send {\"scmurl\": \"https://HOST/PATH/MODULE.git?#COMMIT\"}"

static void answer_id(const struct web_request *request, const struct submit_answer *answer,
		      struct reply *reply)
{
	g_autofree char *location =
		g_strdup_printf("%s/rida/module-builds/%" PRIu64, request->prefix, answer->id);

	reply->status = 201;
	view_json(reply);
	reply_header(reply, "Location", location);
	g_string_append_printf(reply->body, "{\"id\": %" PRIu64 "}\n", answer->id);
}

static void answer_rejection(const struct web_request *request, const struct submit_answer *answer,
			     struct reply *reply)
{
	const char *reasons =
		answer->reasons ? answer->reasons : "the module cannot be built as it is";
	struct problem problem = { 422, status_phrase(422), reasons, answer->id };

	reply->status = problem.status;
	if (request->wants_page)
		view_problem_page(request, &problem, reply);
	else
		view_problem_json(&problem, reply);
}

static void fill(const struct web_request *request, const struct submit_answer *answer,
		 struct reply *reply)
{
	log_info("submission-answered", log_u64("build", answer->id),
		 log_u64("result", answer->result), log_text("caller", identity_name(request)));
	if (answer->result == SUBMIT_REJECTED)
		answer_rejection(request, answer, reply);
	else
		answer_id(request, answer, reply);
}

static bool submit_in_slot(struct app *app, const struct web_request *request,
			   const struct submit_wants *wants, struct reply *reply, GError **error)
{
	g_auto(SubmitAnswer) answer = { 0 };
	struct db *db = NULL;
	int slot = -1;
	bool is_good;

	if (!database_use(app->database, &db, error) ||
	    !slot_take(app->config->run_dir, app->config->submit_slots, &slot, error))
		return false;
	is_good = submit(db, app->config, wants, &answer, error);
	close(slot);
	if (is_good)
		fill(request, &answer, reply);
	return is_good;
}

/* A key is kept in a column of the database: what does not fit is told before any work is done. */
static bool read_key(const struct web_request *request, const char **ret, GError **error)
{
	const char *key = web_request_parameter(request, "HTTP_IDEMPOTENCY_KEY");
	size_t length = 0;

	while (key && g_ascii_isprint(key[length]))
		length++;
	if (key && (key[length] || length < 1 || length > KEY_MAX))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "Idempotency-Key: 1 to %d printable ASCII characters are wanted",
			    KEY_MAX);
	*ret = key;
	return true;
}

bool builds_submit(struct app *app, const struct web_request *request, struct reply *reply,
		   GError **error)
{
	struct submit_wants wants = { .owner = identity_name(request) };
	g_autoptr(JsonObject) body = NULL;
	g_autofree char *digest = NULL;

	if (!app->takes_submissions)
		return fail(
			error, RIDA_ERROR_UNAVAILABLE,
			"submissions have workers of their own (rida.fcgi --submit), and the web server sent this one "
			"elsewhere: tell its operators");
	if (!read_key(request, &wants.idempotency_key, error) ||
	    !json_body_read(request, app->config->body_max, &body, &digest, error) ||
	    !json_body_text(body, "scmurl", URL_BYTES_MAX, ADVICE, &wants.scmurl, error))
		return false;
	wants.digest = digest;
	return submit_in_slot(app, request, &wants, reply, error);
}

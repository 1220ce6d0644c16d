/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "cgi/build_id.h"
#include "cgi/build_list.h"
#include "cgi/identity.h"
#include "cgi/json_body.h"
#include "cgi/view/json.h"
#include "store/request_store.h"

#define STATE_MAX 32
#define ADVICE                                                                                     \
	"send {\"state\": \"failed\"} to cancel a build, or {\"state\": \"ready\"} to let a done build through"

static bool may_cancel(const struct config *config, const struct web_request *request,
		       const struct build *build, GError **error)
{
	if (strcmp(identity_name(request), build->owner) == 0 ||
	    identity_is_among(request, config->admins))
		return true;
	return fail(error, RIDA_ERROR_FORBIDDEN,
		    "only %s, who submitted build %" PRIu64
		    ", and administrators (admins) may cancel it",
		    build->owner, build->id);
}

static bool may_open_gate(const struct config *config, const struct web_request *request,
			  const struct build *build, GError **error)
{
	if (identity_is_among(request, config->gate_users))
		return true;
	return fail(error, RIDA_ERROR_FORBIDDEN,
		    "only gating services (gate_users) may make build %" PRIu64 " ready",
		    build->id);
}

/* What may be asked for, by the state that is sent. */
static const struct change {
	const char *state;
	enum request_kind kind;
	bool (*is_allowed)(const struct config *config, const struct web_request *request,
			   const struct build *build, GError **error);
	unsigned from; /* a bit for each state */
	const char *from_text;
} changes[] = {
	{ "failed", REQUEST_CANCEL, may_cancel,
	  1 << BUILD_INIT | 1 << BUILD_WAIT | 1 << BUILD_BUILD, "init, wait or build" },
	{ "ready", REQUEST_READY, may_open_gate, 1 << BUILD_DONE, "done" },
};

static bool read_change(const struct web_request *request, uint64_t body_max,
			const struct change **ret, GError **error)
{
	g_autoptr(JsonObject) body = NULL;
	const char *state = NULL;

	if (!json_body_read(request, body_max, &body, NULL, error) ||
	    !json_body_text(body, "state", STATE_MAX, ADVICE, &state, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
		if (strcmp(changes[i].state, state) == 0) {
			*ret = &changes[i];
			return true;
		}
	}
	return fail(error, RIDA_ERROR_MALFORMED,
		    "\"state\" says nothing that can be asked for: " ADVICE);
}

/* Asks the scheduler, unless it was asked already. */
static bool ask(struct db *db, const struct web_request *request, const struct build *build,
		const struct change *change, GError **error)
{
	bool is_open = false;

	if (!(change->from & 1u << build->state))
		return fail(error, RIDA_ERROR_CONFLICT,
			    "build %" PRIu64 " is in state %s; this is possible in %s only",
			    build->id, build_states[build->state].name, change->from_text);
	if (!request_store_is_open(db, build->id, change->kind, &is_open, error))
		return false;
	if (is_open)
		return true;
	log_info("change-requested", log_u64("build", build->id), log_text("state", change->state),
		 log_text("caller", identity_name(request)));
	return request_store_insert(db, build->id, change->kind, identity_name(request), error);
}

static bool change_build(struct app *app, const struct web_request *request,
			 const struct change *change, struct build_row *row, struct reply *reply,
			 GError **error)
{
	struct db *db = NULL;
	uint64_t id;

	if (!build_id_read(request, &id, error) || !database_use(app->database, &db, error) ||
	    !build_row_find(db, id, ROW_WHOLE, row, error) ||
	    !change->is_allowed(app->config, request, &row->build, error) ||
	    !ask(db, request, &row->build, change, error) ||
	    !build_rows_refresh(db, &row, 1, error))
		return false;
	reply->status = 202;
	view_json(reply);
	view_build_json(reply->body, row->build.id, row->build.state, row->tasks);
	g_string_append_c(reply->body, '\n');
	return true;
}

bool builds_change(struct app *app, const struct web_request *request, struct reply *reply,
		   GError **error)
{
	const struct change *change = NULL;
	struct build_row row = { 0 };
	bool is_good;

	if (!read_change(request, app->config->body_max, &change, error))
		return false;
	is_good = change_build(app, request, change, &row, reply, error);
	build_row_clear(&row);
	return is_good;
}

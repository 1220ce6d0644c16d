/* SPDX-License-Identifier: MIT */
#include "cgi/handlers.h"

#include <inttypes.h>

#include "base/error.h"
#include "cgi/view/json.h"
#include "store/overview_store.h"
#include "text/json.h"

/* What is looked at before requests are sent here. */
struct checks {
	GString *list; /* JSON */
	bool are_good;
};

static void check(struct checks *checks, const char *name, bool is_good, const char *message)
{
	g_string_append(checks->list, checks->list->len ? ",\n\t{\"name\": " : "{\"name\": ");
	append_json_text(checks->list, name);
	g_string_append_printf(checks->list,
			       ", \"ok\": %s, \"message\": ", is_good ? "true" : "false");
	append_json_text(checks->list, message);
	g_string_append_c(checks->list, '}');
	checks->are_good = checks->are_good && is_good;
}

/* Whether what has waited since then has waited for too long (seconds); 0: nothing waits. */
static void check_age(struct checks *checks, const char *name, int64_t lasting, uint64_t most,
		      const char *what)
{
	g_autofree char *message = NULL;
	const int64_t seconds = lasting / G_USEC_PER_SEC;
	const bool is_good = seconds <= (int64_t)most;

	message = g_strdup_printf("%s for %" PRIi64 " s; up to %" PRIu64 " s are usual", what,
				  seconds, most);
	check(checks, name, is_good, message);
}

static void check_all(struct checks *checks, const struct config *config,
		      const struct overview *now)
{
	check(checks, "database", true, "it answers, and its tables are of this release");
	check(checks, "writable", !now->is_read_only,
	      now->is_read_only
		      ? "the database takes no writes: it is not the one that is written to"
		      : "the database takes writes");
	check(checks, "maintenance", true,
	      now->is_in_maintenance ? "on: builds can be read, but not submitted or changed"
				     : "off");
	check_age(checks, "scheduler", overview_due_age(now), config->ready_overdue,
		  "a build has been due");
	check_age(checks, "messages", overview_message_age(now), config->ready_message_age,
		  "a message has waited for the bus");
}

static void say(struct reply *reply, const struct checks *checks)
{
	view_json(reply);
	reply->caching = "no-store";
	if (!checks->are_good) {
		reply->status = 503;
		reply_header(reply, "Retry-After", "5");
	}
	g_string_append_printf(reply->body, "{\"ready\": %s, \"checks\": [\n\t%s\n]}\n",
			       checks->are_good ? "true" : "false", checks->list->str);
}

bool health_ready(struct app *app, const struct web_request *request, struct reply *reply,
		  GError **error)
{
	g_autoptr(GString) list = g_string_new(NULL);
	struct checks checks = { .list = list, .are_good = true };
	g_auto(Overview) overview = { 0 };
	g_autoptr(GError) problem = NULL;
	struct db *db = NULL;

	(void)request;
	if (database_use(app->database, &db, &problem) &&
	    overview_store_read(db, &overview, &problem)) {
		check_all(&checks, app->config, &overview);
	} else if (database_was_stale(app->database)) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return false;
	} else {
		check(&checks, "database", false,
		      database_has_failed(app->database) &&
				      error_code(problem) == RIDA_ERROR_UNAVAILABLE
			      ? "it does not answer"
			      : "it cannot be used: its account or its tables are not those of this release");
	}
	say(reply, &checks);
	return true;
}

/* This process answers: that is all. */
bool health_live(struct app *app, const struct web_request *request, struct reply *reply,
		 GError **error)
{
	(void)app;
	(void)request;
	(void)error;
	view_json(reply);
	reply->caching = "no-store";
	g_string_append(reply->body, "{\"live\": true}\n");
	return true;
}

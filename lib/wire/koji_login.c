/* SPDX-License-Identifier: MIT */
#include "wire/koji_internal.h"

#include <string.h>
#include <unistd.h>

#include "base/secret.h"
#include "text/json.h"

#define LOGOUT_SECONDS 5

/* ---- what is said ----------------------------------------------------------------------- */

/* Named arguments travel as a last struct that says so. */
static struct json_object *named(const char *name)
{
	struct json_object *arguments = json_object_new_object();

	json_object_object_add(arguments, name, NULL);
	json_object_object_add(arguments, "__starstar", json_object_new_boolean(true));
	return arguments;
}

static GString *login_body(const struct koji_profile *profile, GError **error)
{
	g_autoptr(JsonObject) params = json_object_new_array();
	g_autoptr(GString) body = g_string_new(NULL);
	const bool by_password = profile->auth == KOJI_AUTH_PASSWORD;

	if (by_password) {
		json_object_array_add(params, json_object_new_string(profile->user));
		json_object_array_add(params, json_object_new_string(profile->password));
	}
	json_object_array_add(params, named(by_password ? "opts" : "proxyuser"));
	if (!append_xmlrpc_call(body, by_password ? "login" : "sslLogin", params, error))
		return NULL;
	return g_steal_pointer(&body);
}

static void wipe(GString *body)
{
	explicit_bzero(body->str, body->len);
	g_string_free(body, TRUE);
}

/* A file that only we miss is no outage of the hub. */
static bool judge_file(const char *path, const char *what, GError **error)
{
	if (!*path || access(path, R_OK) == 0)
		return true;
	return fail(error, RIDA_ERROR_INTERNAL, "the %s %s, which Koji is to see, cannot be read",
		    what, path);
}

static bool prepare(const struct koji_session *session, GError **error)
{
	const struct koji_profile *profile = session->profile;

	switch (profile->auth) {
	case KOJI_AUTH_PASSWORD:
		return true;
	case KOJI_AUTH_SSL:
		return judge_file(profile->cert, "certificate", error);
	case KOJI_AUTH_KERBEROS:
		return judge_file(profile->keytab, "keytab", error);
	case KOJI_AUTH_NONE:
		break;
	}
	return fail(error, RIDA_ERROR_INTERNAL,
		    "Koji profile %s has authtype noauth: nobody can log in with it",
		    profile->name);
}

/* ---- what is answered ------------------------------------------------------------------- */

static bool is_true(struct json_object *value)
{
	return (json_object_is_type(value, json_type_boolean) ||
		json_object_is_type(value, json_type_int)) &&
	       json_object_get_boolean(value);
}

static bool read_answer(struct json_object *answer, struct koji_login *ret, GError **error)
{
	struct json_object *id = NULL, *key = NULL, *has_headers = NULL;

	if (json_object_is_type(answer, json_type_object)) {
		json_object_object_get_ex(answer, "session-id", &id);
		json_object_object_get_ex(answer, "session-key", &key);
		json_object_object_get_ex(answer, "header-auth", &has_headers);
	}
	if (!json_object_is_type(id, json_type_int) || json_object_get_int64(id) < 0 ||
	    !json_object_is_type(key, json_type_string) || !*json_object_get_string(key) ||
	    strpbrk(json_object_get_string(key), "\r\n"))
		return fail(error, RIDA_ERROR_UNAVAILABLE,
			    "Koji does not answer a login with a session");
	*ret = (struct koji_login){
		.is_open = true,
		.id = (uint64_t)json_object_get_int64(id),
		.key = g_strdup(json_object_get_string(key)),
		.has_headers = is_true(has_headers),
	};
	return true;
}

/* Who is refused is barred; what nobody could have got is an outage. */
static bool judge_reply(struct koji_session *session, struct koji_reply *reply, GError **error)
{
	const struct xmlrpc_message *message = &reply->message;

	if (reply->error && error_code(reply->error) == RIDA_ERROR_UNKNOWN_OUTCOME)
		reply->error->code = RIDA_ERROR_UNAVAILABLE;
	if (reply->error && error_code(reply->error) == RIDA_ERROR_UNAVAILABLE)
		koji_note_outage(session, reply);
	if (!reply->error && message->is_fault)
		reply->error =
			koji_fault_error("a login", message->fault_code, message->fault_text);
	if (reply->error) {
		g_propagate_error(error, g_steal_pointer(&reply->error));
		return false;
	}
	return read_answer(message->value, &session->login, error);
}

/* A login that was lost leaves an unused session behind: it may be repeated. */
static bool log_in(struct koji_session *session, GError **error)
{
	const struct koji_profile *profile = session->profile;
	GString *body = login_body(profile, error);
	struct koji_reply reply = { 0 };
	struct koji_request request = {
		.what = "a login",
		.path = profile->auth == KOJI_AUTH_PASSWORD ? NULL : "/ssllogin",
		.calls = 1,
		.timeout = profile->login_timeout,
		.proves_identity = true,
	};
	bool is_good;

	if (!body)
		return false;
	request.body = body->str;
	request.length = body->len;
	for (unsigned i = 0; i <= MIN(1, profile->max_retries); i++) {
		koji_reply_clear(&reply);
		koji_exchange_many(session, &request, 1, &reply);
		if (!reply.error || error_code(reply.error) != RIDA_ERROR_UNKNOWN_OUTCOME)
			break;
	}
	is_good = judge_reply(session, &reply, error);
	koji_reply_clear(&reply);
	wipe(body);
	return is_good;
}

bool koji_login_open(struct koji_session *session, GError **error)
{
	GError *problem = NULL;

	if (!session->barred && prepare(session, &problem) && log_in(session, &problem))
		return true;
	if (problem)
		koji_note_barred(session, problem);
	g_clear_error(&problem);
	if (error)
		*error = g_error_copy(session->barred);
	return false;
}

void koji_login_clear(struct koji_login *login)
{
	secret_free(login->key);
	*login = (struct koji_login){ 0 };
}

void koji_login_close(struct koji_session *session)
{
	g_autoptr(JsonObject) params = json_object_new_array();
	g_autoptr(GString) body = g_string_new(NULL);
	struct koji_reply reply = { 0 };
	struct koji_request request = {
		.what = "logout",
		.calls = 1,
		.login = &session->login,
		.number = session->login.number,
		.timeout = LOGOUT_SECONDS,
	};

	if (session->login.is_open && !session->outage &&
	    append_xmlrpc_call(body, "logout", params, NULL)) {
		request.body = body->str;
		request.length = body->len;
		koji_exchange_many(session, &request, 1, &reply);
		koji_reply_clear(&reply);
	}
	koji_login_clear(&session->login);
}

/* SPDX-License-Identifier: MIT */
#include "wire/koji_session.h"

#include "text/json.h"
#include "wire/koji_pack.h"

#define VERSION_UNTOLD    1021
#define VERSION_FENCING   1031
#define FAULT_NOT_ALLOWED 1004

struct koji_session *koji_session_new(const struct koji_profile *profile, const char *run_dir)
{
	struct koji_session *session = g_new0(struct koji_session, 1);

	session->profile = profile;
	session->client = http_client_new();
	if (profile->auth == KOJI_AUTH_KERBEROS)
		koji_kerberos_prepare(profile, run_dir);
	return session;
}

void koji_session_free(struct koji_session *session)
{
	if (!session)
		return;
	koji_login_close(session);
	http_client_free(session->client);
	g_clear_error(&session->outage);
	g_clear_error(&session->barred);
	g_free(session);
}

void koji_answers_clear(struct koji_answer *answers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_object_put(answers[i].value);
		g_clear_error(&answers[i].error);
		answers[i] = (struct koji_answer){ 0 };
	}
}

struct koji_counts koji_session_counts(const struct koji_session *session)
{
	return session->counts;
}

/* ---- writes, and what else is done logged in -------------------------------------------- */

static const GError *problem_of(const struct koji_session *session)
{
	return session->outage ? session->outage : session->barred;
}

static void send_packs(struct koji_session *session, struct koji_queue queue, bool is_read)
{
	struct koji_pack pack;

	while (!problem_of(session) && koji_queue_take(&queue, &pack)) {
		struct koji_request request = koji_pack_request(session, &pack);
		struct koji_reply reply;

		koji_exchange_logged_in(session, &request, is_read, &reply);
		koji_unpack(&pack, is_read, &reply);
		koji_note_outage(session, &reply);
		koji_reply_clear(&reply);
		koji_pack_clear(&pack);
	}
	koji_queue_fail(&queue, problem_of(session));
}

void koji_write_many(struct koji_session *session, const struct koji_call *calls, size_t count,
		     struct koji_answer *answers)
{
	send_packs(session, koji_queue_of(calls, count, answers), false);
}

void koji_write_within(struct koji_session *session, uint64_t session_id,
		       const struct koji_call *calls, size_t count, struct koji_answer *answers)
{
	session->bound = session_id;
	koji_write_many(session, calls, count, answers);
	session->bound = 0;
}

static bool answer_steal(struct koji_answer *answer, struct json_object **ret, GError **error)
{
	if (answer->error) {
		g_propagate_error(error, g_steal_pointer(&answer->error));
		return false;
	}
	*ret = g_steal_pointer(&answer->value);
	return true;
}

bool koji_call(struct koji_session *session, const struct koji_call *call, struct json_object **ret,
	       GError **error)
{
	struct koji_answer answer;

	send_packs(session, koji_queue_of(call, 1, &answer), true);
	return answer_steal(&answer, ret, error);
}

bool koji_login(struct koji_session *session, uint64_t *ret_session_id, GError **error)
{
	if (problem_of(session)) {
		if (error)
			*error = g_error_copy(problem_of(session));
		return false;
	}
	if (!session->login.is_open && !koji_login_open(session, error))
		return false;
	*ret_session_id = session->login.id;
	return true;
}

/* Takes the problem. What the hub does not tell of itself says nothing of any build: it is asked
 * again. */
static bool untold(GError *problem, GError **error)
{
	if (error_is_final(problem))
		problem->code = RIDA_ERROR_UNAVAILABLE;
	g_propagate_error(error, problem);
	return false;
}

bool koji_user_id(struct koji_session *session, uint64_t *ret, GError **error)
{
	const struct koji_call call = { "getLoggedInUser", NULL };
	g_autoptr(JsonObject) user = NULL;
	struct json_object *id = NULL;
	GError *problem = NULL;

	if (session->user_id == 0) {
		if (!koji_call(session, &call, &user, &problem))
			return untold(problem, error);
		if (!json_object_is_type(user, json_type_object) ||
		    !json_object_object_get_ex(user, "id", &id) ||
		    !json_object_is_type(id, json_type_int) || json_object_get_int64(id) <= 0)
			return fail(error, RIDA_ERROR_UNAVAILABLE,
				    "Koji does not say whom it has logged in");
		session->user_id = (uint64_t)json_object_get_int64(id);
	}
	*ret = session->user_id;
	return true;
}

/* ---- what the hub can do ---------------------------------------------------------------- */

static bool read_version(struct json_object *value, unsigned *ret, GError **error)
{
	if (json_object_is_type(value, json_type_string))
		*ret = koji_version_number(json_object_get_string(value));
	if (*ret == 0)
		return fail(error, RIDA_ERROR_UNAVAILABLE, "Koji does not say its version");
	return true;
}

bool koji_hub_version(struct koji_session *session, unsigned *ret, GError **error)
{
	const struct koji_call call = { "getKojiVersion", NULL };
	struct koji_answer answer;
	bool is_good = true;

	if (session->version == 0) {
		koji_read_many(session, &call, 1, &answer);
		if (answer.error && error_code(answer.error) == RIDA_ERROR_UNSUPPORTED)
			session->version = VERSION_UNTOLD;
		else if (answer.error)
			is_good = untold(g_steal_pointer(&answer.error), error);
		else if (session->version == 0)
			is_good = read_version(answer.value, &session->version, error);
		koji_answers_clear(&answer, 1);
	}
	if (is_good)
		*ret = session->version;
	return is_good;
}

/* Whoever is no admin is told of a session that the hub has thrown away that it is not his: then
 * nothing is known. */
bool koji_fence(struct koji_session *session, uint64_t session_id, GError **error)
{
	g_autoptr(JsonObject) params = json_object_new_array();
	const struct koji_call call = { "logout", params };
	g_autoptr(JsonObject) value = NULL;
	struct koji_answer answer;
	unsigned version;
	bool is_over;

	if (!koji_hub_version(session, &version, error) || version < VERSION_FENCING)
		return false;
	json_object_array_add(params, json_object_new_int64((int64_t)session_id));
	koji_write_many(session, &call, 1, &answer);
	is_over = !answer.error || error_code(answer.error) == RIDA_ERROR_MISSING;
	if (is_over && session->login.id == session_id)
		koji_login_clear(&session->login);
	if (!is_over && answer.fault_code != FAULT_NOT_ALLOWED)
		answer_steal(&answer, &value, error);
	koji_answers_clear(&answer, 1);
	return is_over;
}

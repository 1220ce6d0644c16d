/* SPDX-License-Identifier: MIT */
#include "tests/unit/ports/koji_fake_session.h"

#include "wire/koji_fault.h"
#include "wire/koji_upload.h"

struct koji_session {
	uint64_t id;
};

static fake_hub_fn *hub;
static bool can_fence = true;
static unsigned fences, requests;

void fake_session_use(fake_hub_fn *function)
{
	hub = function;
}

void fake_fault(struct koji_answer *answer, const char *method, int64_t code, const char *text)
{
	answer->error = koji_fault_error(method, code, text);
	answer->fault_code = code;
}

void fake_session_can_fence(bool can)
{
	can_fence = can;
}

unsigned fake_session_fences(void)
{
	return fences;
}

unsigned fake_session_requests(void)
{
	return requests;
}

void fake_session_reset(void)
{
	fences = 0;
	requests = 0;
	can_fence = true;
}

struct koji_session *koji_session_new(const struct koji_profile *profile, const char *run_dir)
{
	struct koji_session *session = g_new0(struct koji_session, 1);

	(void)profile;
	(void)run_dir;
	session->id = 7;
	return session;
}

void koji_session_free(struct koji_session *session)
{
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

void koji_read_many(struct koji_session *session, const struct koji_call *calls, size_t count,
		    struct koji_answer *answers)
{
	(void)session;
	requests++;
	for (size_t i = 0; i < count; i++) {
		answers[i] = (struct koji_answer){ 0 };
		hub(calls[i].method, calls[i].params, &answers[i]);
	}
}

void koji_write_many(struct koji_session *session, const struct koji_call *calls, size_t count,
		     struct koji_answer *answers)
{
	koji_read_many(session, calls, count, answers);
}

void koji_write_within(struct koji_session *session, uint64_t session_id,
		       const struct koji_call *calls, size_t count, struct koji_answer *answers)
{
	g_assert(session_id == session->id);
	koji_read_many(session, calls, count, answers);
}

bool koji_login(struct koji_session *session, uint64_t *ret_session_id, GError **error)
{
	(void)error;
	*ret_session_id = session->id;
	return true;
}

bool koji_user_id(struct koji_session *session, uint64_t *ret, GError **error)
{
	(void)session;
	(void)error;
	*ret = 2;
	return true;
}

bool koji_fence(struct koji_session *session, uint64_t session_id, GError **error)
{
	(void)session;
	(void)session_id;
	(void)error;
	fences++;
	return can_fence;
}

bool koji_hub_version(struct koji_session *session, unsigned *ret, GError **error)
{
	(void)session;
	(void)error;
	*ret = 1035;
	return true;
}

bool koji_call(struct koji_session *session, const struct koji_call *call, struct json_object **ret,
	       GError **error)
{
	struct koji_answer answer;

	koji_read_many(session, call, 1, &answer);
	if (answer.error) {
		g_propagate_error(error, answer.error);
		return false;
	}
	*ret = answer.value;
	return true;
}

struct koji_counts koji_session_counts(const struct koji_session *session)
{
	(void)session;
	return (struct koji_counts){ .requests = requests };
}

bool koji_upload(struct koji_session *session, const struct koji_upload *upload, GError **error)
{
	(void)session;
	(void)upload;
	(void)error;
	return true;
}

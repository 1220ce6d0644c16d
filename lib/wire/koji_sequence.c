/* SPDX-License-Identifier: MIT */
#include "wire/koji_internal.h"

#define REPEATS_MAX    2
#define REPEAT_SECONDS 5 /* since the request was first sent; what takes longer is judged */
#define INTERVAL_MAX   2 /* seconds */
#define CHECKS_NUMBERS 1030

/*
 * Whether a write may be sent twice because the hub does it once. An old hub with sessions in
 * headers may know another name of the number than we do. What is bound to a session is looked for
 * by whoever bound it: that does not need to rely on numbers.
 */
static bool writes_repeat(const struct koji_session *session)
{
	return !session->bound &&
	       (!session->login.has_headers || session->version >= CHECKS_NUMBERS);
}

/* ---- one request ------------------------------------------------------------------------ */

/* How far a request has come. */
struct attempt {
	gint64 start;
	unsigned repeats;
	bool is_safe;
	bool is_uncertain; /* what was sent earlier may have been done */
	bool is_second_login;
	bool is_numbered;
	uint64_t session_id; /* in which it has its number */
};

static bool may_repeat(const struct koji_session *session, const struct attempt *attempt,
		       const struct koji_reply *reply)
{
	const gint64 spent = g_get_monotonic_time() - attempt->start;

	if (attempt->repeats >= MIN(REPEATS_MAX, session->profile->max_retries) ||
	    spent > REPEAT_SECONDS * G_USEC_PER_SEC)
		return false;
	if (!reply->error)
		return session->profile->offline_retry &&
		       koji_reply_meaning(reply).remedy == KOJI_REMEDY_OUTAGE;
	return error_code(reply->error) == RIDA_ERROR_UNKNOWN_OUTCOME &&
	       (attempt->is_safe || writes_repeat(session));
}

/* The first time at once. */
static void begin_repeat(const struct koji_session *session, struct attempt *attempt,
			 const struct koji_reply *reply)
{
	attempt->is_uncertain |=
		reply->error || koji_reply_meaning(reply).code == RIDA_ERROR_UNKNOWN_OUTCOME;
	if (attempt->repeats++ > 0)
		g_usleep(MIN(session->profile->retry_interval, INTERVAL_MAX) * G_USEC_PER_SEC);
}

/* The session is over, and nothing was done: another one, once. What was sent before that may have
 * been done is not sent in a session that does not know its number. */
static bool begin_again(struct koji_session *session, struct attempt *attempt)
{
	koji_login_clear(&session->login);
	if (attempt->is_second_login || session->bound ||
	    (attempt->is_uncertain && !attempt->is_safe))
		return false;
	attempt->is_second_login = true;
	return true;
}

/* Sends it with the number that it has in this session, or a new one. */
static void send_once(struct koji_session *session, struct koji_request *request,
		      struct attempt *attempt, struct koji_reply *reply)
{
	struct koji_login *login = &session->login;

	*reply = (struct koji_reply){ 0 };
	if (session->bound && (!login->is_open || login->id != session->bound)) {
		fail(&reply->error, RIDA_ERROR_UNAVAILABLE,
		     "Koji session %" G_GUINT64_FORMAT " is over: %s was not sent", session->bound,
		     request->what);
		return;
	}
	if (!login->is_open && !koji_login_open(session, &reply->error)) {
		reply->is_outage = true;
		return;
	}
	if (!attempt->is_numbered || attempt->session_id != login->id)
		request->number = login->number++;
	attempt->is_numbered = true;
	attempt->session_id = login->id;
	request->login = login;
	request->is_fresh = !attempt->is_safe && !writes_repeat(session);
	koji_exchange_many(session, request, 1, reply);
}

/* Whether the answer is not the last word. */
static bool is_to_be_sent_again(struct koji_session *session, struct attempt *attempt,
				const struct koji_reply *reply)
{
	if (koji_reply_meaning(reply).remedy == KOJI_REMEDY_LOGIN)
		return begin_again(session, attempt);
	if (!may_repeat(session, attempt, reply))
		return false;
	begin_repeat(session, attempt, reply);
	return true;
}

/* Faults that are not about these calls become errors, some for all who come later. */
static void finish(struct koji_session *session, const struct koji_request *request,
		   const struct attempt *attempt, struct koji_reply *reply)
{
	const enum koji_remedy remedy = koji_reply_meaning(reply).remedy;
	const bool is_barred = remedy == KOJI_REMEDY_BARRED ||
			       (remedy == KOJI_REMEDY_LOGIN && attempt->is_second_login);

	if (remedy != KOJI_REMEDY_NONE)
		koji_fault_to_error(request, reply);
	reply->is_outage |= is_barred;
	if (is_barred)
		koji_note_barred(session, reply->error);
	if (reply->error && attempt->is_uncertain)
		reply->error->code = RIDA_ERROR_UNKNOWN_OUTCOME;
}

void koji_exchange_logged_in(struct koji_session *session, struct koji_request *request,
			     bool is_safe, struct koji_reply *reply)
{
	struct attempt attempt = { .start = g_get_monotonic_time(), .is_safe = is_safe };

	send_once(session, request, &attempt, reply);
	while (is_to_be_sent_again(session, &attempt, reply)) {
		koji_reply_clear(reply);
		send_once(session, request, &attempt, reply);
	}
	finish(session, request, &attempt, reply);
}

/* SPDX-License-Identifier: MIT */
#include "wire/koji_pack.h"

#define SPLIT_MAX 64 /* requests in a session */

static bool is_worth_repeating(const struct koji_session *session, const struct koji_reply *reply)
{
	return session->profile->anon_retry && reply->error &&
	       error_code(reply->error) == RIDA_ERROR_UNKNOWN_OUTCOME;
}

static void read_queue(struct koji_session *session, struct koji_queue queue);

/*
 * One answer that cannot be read, because a text in it is no XML, must not hide all others: they
 * are asked for again in halves, until it stands alone. Where everything is like that it is the
 * hub.
 */
static bool split(struct koji_session *session, const struct koji_pack *pack,
		  struct koji_reply *reply)
{
	const size_t half = pack->count / 2;

	if (!reply->is_unreadable)
		return false;
	reply->is_outage = session->split >= SPLIT_MAX;
	if (pack->count == 1 || reply->is_outage) {
		reply->error->code = RIDA_ERROR_INTERNAL;
		return false;
	}
	session->split += 2;
	read_queue(session, koji_queue_of(pack->calls, half, pack->answers));
	read_queue(session,
		   koji_queue_of(pack->calls + half, pack->count - half, pack->answers + half));
	return true;
}

static void take_reply(struct koji_session *session, const struct koji_pack *pack,
		       struct koji_reply *reply)
{
	const struct koji_request request = koji_pack_request(session, pack);

	if (is_worth_repeating(session, reply)) {
		koji_reply_clear(reply);
		koji_exchange_many(session, &request, 1, reply);
	}
	if (koji_reply_meaning(reply).remedy == KOJI_REMEDY_OUTAGE)
		koji_fault_to_error(&request, reply);
	if (!split(session, pack, reply))
		koji_unpack(pack, true, reply);
	koji_note_outage(session, reply);
}

static void read_packs(struct koji_session *session, struct koji_pack *packs, size_t count)
{
	struct koji_request requests[KOJI_PARALLEL];
	struct koji_reply replies[KOJI_PARALLEL];

	for (size_t i = 0; i < count; i++)
		requests[i] = koji_pack_request(session, &packs[i]);
	koji_exchange_many(session, requests, count, replies);
	for (size_t i = 0; i < count; i++) {
		take_reply(session, &packs[i], &replies[i]);
		koji_reply_clear(&replies[i]);
		koji_pack_clear(&packs[i]);
	}
}

/* No more are begun at once than are under way: after an outage none is sent any more. */
static void read_queue(struct koji_session *session, struct koji_queue queue)
{
	struct koji_pack packs[KOJI_PARALLEL];
	size_t taken = 1;

	while (!session->outage && taken > 0) {
		for (taken = 0; taken < KOJI_PARALLEL && koji_queue_take(&queue, &packs[taken]);)
			taken++;
		read_packs(session, packs, taken);
	}
	koji_queue_fail(&queue, session->outage);
}

void koji_read_many(struct koji_session *session, const struct koji_call *calls, size_t count,
		    struct koji_answer *answers)
{
	read_queue(session, koji_queue_of(calls, count, answers));
}

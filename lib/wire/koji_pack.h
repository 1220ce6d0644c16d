/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KOJI_PACK_H
#define WIRE_KOJI_PACK_H

/* Many calls in one request, and their answers out of one message. Only a Koji session uses it. */

#include "wire/koji_internal.h"

/* Some calls that travel together, borrowed, and where their answers go. */
struct koji_pack {
	const struct koji_call *calls;
	struct koji_answer *answers;
	size_t count;
	GString *body;
	char *what; /* for errors */
};
void koji_pack_clear(struct koji_pack *pack);

/* Calls that are still to be sent. */
struct koji_queue {
	const struct koji_call *calls;
	struct koji_answer *answers;
	size_t count;
	size_t next;
};

/* The calls, whose answers are empty from now on. */
struct koji_queue koji_queue_of(const struct koji_call *calls, size_t count,
				struct koji_answer *answers);

/* The next pack, as large as a request may be; false at the end. Calls that cannot be sent at all
 * are answered on the way. */
bool koji_queue_take(struct koji_queue *queue, struct koji_pack *ret);

/* Answers the rest with an outage; without one nothing is done. */
void koji_queue_fail(struct koji_queue *queue, const GError *outage);

struct koji_request koji_pack_request(const struct koji_session *session,
				      const struct koji_pack *pack);

/* Takes the answers out of a message; is_read: nothing can have been done. */
void koji_unpack(const struct koji_pack *pack, bool is_read, struct koji_reply *reply);

#endif

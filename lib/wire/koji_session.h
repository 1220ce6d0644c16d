/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KOJI_SESSION_H
#define WIRE_KOJI_SESSION_H

/*
 * Calls to a Koji hub. Reads are anonymous, several requests at once; writes are made in one
 * session, one request at a time, with the call numbers that let the hub refuse a repetition. Many
 * calls travel in one request (multiCall). Nothing is sent before it is needed. Not for several
 * threads.
 *
 * A hub that is away is asked once: then all calls fail at once for as long as the session object
 * lives (a pass), with an outage.
 */

#include <glib.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "wire/koji_profile.h"

struct koji_session;
typedef struct koji_session KojiSession;

/*
 * The profile is borrowed. The folder is for the cache of Kerberos tickets, the program's own;
 * NULL: the system's cache. With a profile of Kerberos the environment of the process is changed
 * here, for libcurl is told of keytab and cache in no other way: before there are other threads,
 * and one profile at a time.
 */
struct koji_session *koji_session_new(const struct koji_profile *profile, const char *run_dir);
/* Logs out, if it is logged in. */
void koji_session_free(struct koji_session *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KojiSession, koji_session_free)

/* One call; params is an array, borrowed. */
struct koji_call {
	const char *method;
	struct json_object *params;
};

/*
 * What it came to. Errors by koji_fault.h; UNKNOWN_OUTCOME: the hub may have done it. An outage is
 * the hub's, and no call's own.
 */
struct koji_answer {
	struct json_object *value; /* NULL: nil, or an error */
	GError *error;
	int64_t fault_code; /* of the hub's fault; 0: none */
	bool is_outage;
};
void koji_answers_clear(struct koji_answer *answers, size_t count);

/* Calls that change nothing, in any order. */
void koji_read_many(struct koji_session *session, const struct koji_call *calls, size_t count,
		    struct koji_answer *answers);

/* Calls in this order, logged in. Each is done or not, whatever becomes of the others. */
void koji_write_many(struct koji_session *session, const struct koji_call *calls, size_t count,
		     struct koji_answer *answers);

/* As koji_write_many(), in that session of ours alone, whose end another has to be able to rely on:
 * where it is over, the calls that were not made are UNAVAILABLE. */
void koji_write_within(struct koji_session *session, uint64_t session_id,
		       const struct koji_call *calls, size_t count, struct koji_answer *answers);

/* One logged-in call that reads; *ret is the caller's. */
bool koji_call(struct koji_session *session, const struct koji_call *call, struct json_object **ret,
	       GError **error);

/* Logs in where that is not done; the hub's number of the session that writes are made in. */
bool koji_login(struct koji_session *session, uint64_t *ret_session_id, GError **error);

/* The hub's number of the user that is logged in. */
bool koji_user_id(struct koji_session *session, uint64_t *ret, GError **error);

/*
 * Ends a session of the same user, our own as well: when it returns, what that session was doing is
 * done, and nothing more will come of it. False without an error: this hub cannot do that.
 */
bool koji_fence(struct koji_session *session, uint64_t session_id, GError **error);

/* The hub's version as major * 1000 + minor, 1035 for 1.35; 0 while nothing has told it (hubs
 * before 1.35 never do in headers). Asks the hub when need be. */
bool koji_hub_version(struct koji_session *session, unsigned *ret, GError **error);

/* What was sent so far: HTTP requests, and calls in them. */
struct koji_counts {
	uint64_t requests;
	uint64_t calls;
};
struct koji_counts koji_session_counts(const struct koji_session *session);

#endif

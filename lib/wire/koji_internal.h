/* SPDX-License-Identifier: MIT */
#ifndef WIRE_KOJI_INTERNAL_H
#define WIRE_KOJI_INTERNAL_H

/* What the files of a Koji session share: koji_exchange.c sends requests and judges what came,
 * koji_pack.c puts many calls into one, koji_sequence.c numbers and repeats them, koji_login.c
 * makes and ends sessions on the hub. */

#include "text/xmlrpc.h"
#include "wire/http_client.h"
#include "wire/koji_fault.h"
#include "wire/koji_session.h"

/* A session on the hub. */
struct koji_login {
	bool is_open;
	uint64_t id;
	char *key;        /* secret */
	bool has_headers; /* otherwise it is named in URLs, as hubs before 1.30 want it */
	uint64_t number;  /* of the next call */
};

#define KOJI_PARALLEL 4 /* requests */

struct koji_session {
	const struct koji_profile *profile;
	struct http_client *client;
	struct koji_counts counts;
	struct koji_login login;
	uint64_t bound;   /* the session that alone may be used; 0: any */
	uint64_t user_id; /* 0: not asked yet */
	unsigned version; /* as of koji_hub_version() */
	GError *outage;   /* why the hub is asked nothing more */
	GError *barred;   /* why it is told nothing more, though it may be asked */
	unsigned split;   /* requests that were made to find answers which cannot be read */
};

/* What is sent; borrowed. */
struct koji_request {
	const char *what; /* the method, or more, for errors */
	const char *body;
	size_t length;
	size_t calls;                   /* in it */
	const char *path;               /* below the hub's URL; NULL: none */
	const char *query;              /* "name=value&..."; NULL: none */
	const char *type;               /* Content-Type; NULL: XML */
	const struct koji_login *login; /* NULL: anonymous */
	uint64_t number;                /* with login */
	unsigned timeout;               /* seconds */
	bool proves_identity;           /* shows our certificate, or a Kerberos ticket */
	bool is_fresh;                  /* is not sent twice by itself */
};

/* What came of it: a message, or an error, of which UNKNOWN_OUTCOME says that it may have been done
 * and any other that it was not. */
struct koji_reply {
	struct xmlrpc_message message; /* without error */
	GError *error;
	bool is_outage;
	bool is_unreadable; /* it came, but it is no XML-RPC */
	int64_t fault_code; /* of a fault that became an error */
};
void koji_reply_clear(struct koji_reply *reply);

/* Sends requests, several at once; nothing is repeated. */
void koji_exchange_many(struct koji_session *session, const struct koji_request *requests,
			size_t count, struct koji_reply *replies);

/* Of "1.35.3" as koji_hub_version() has it; 0: it is none. */
unsigned koji_version_number(const char *text);

/* What a fault that came means; without one there is no remedy. */
struct koji_meaning koji_reply_meaning(const struct koji_reply *reply);

/* Turns the fault into the error that it means to all calls of the request; an outage where the
 * remedy says so. */
void koji_fault_to_error(const struct koji_request *request, struct koji_reply *reply);

/* Remember, for everybody who asks later, an outage, or why we may do nothing. */
void koji_note_outage(struct koji_session *session, const struct koji_reply *reply);
void koji_note_barred(struct koji_session *session, const GError *error);

/* Sends the request in our session, as its next call; makes the session first where there is none.
 * is_safe: doing it twice does no harm. */
void koji_exchange_logged_in(struct koji_session *session, struct koji_request *request,
			     bool is_safe, struct koji_reply *reply);

/* Makes a session on the hub. The error is an outage to whoever wanted to use it. */
bool koji_login_open(struct koji_session *session, GError **error);
/* Sets the environment of the process as libcurl needs it for Kerberos. */
void koji_kerberos_prepare(const struct koji_profile *profile, const char *run_dir);
/* Forgets it, without telling the hub. */
void koji_login_clear(struct koji_login *login);
/* Ends it on the hub; that this fails is nobody's business. */
void koji_login_close(struct koji_session *session);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_REPLY_H
#define CGI_REPLY_H

/*
 * The answer to one request: status, headers and body, gathered and then written to a sink. Long
 * bodies are streamed: the handler appends to body and calls reply_flush() now and then; once the
 * head is out an error can only break the answer off.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* What a browser may do with the body (Content-Security-Policy). */
enum reply_policy { POLICY_DATA, POLICY_PAGE, POLICY_SANDBOX };

/* Takes bytes; false when the client is gone. */
typedef bool reply_sink_fn(void *stream, const char *bytes, size_t length);

struct reply {
	unsigned status;
	enum reply_policy policy;
	GString *headers; /* finished lines, by reply_header() */
	GString *body;
	const char *caching; /* Cache-Control; "no-cache": clients ask each time */
	char *allow;         /* the methods of the URL, for Allow; kept by reply_reset() */
	int64_t length;      /* of the whole body when it is known before; -1: not */
	bool is_head;        /* the client wants no body */
	bool is_begun;       /* the head is out */
	bool is_gone;        /* the client is gone, or needs no more */
	bool is_cut; /* broken off after the head: the connection must end without its proper end */
	bool has_etag;    /* by reply_etag() */
	bool has_refused; /* a header with control bytes was refused */
	reply_sink_fn *sink;
	void *stream;
};
typedef struct reply Reply; /* the name that g_auto needs */

/* Status 200, nothing else. */
void reply_init(struct reply *reply, bool is_head, reply_sink_fn *sink, void *stream);
void reply_clear(struct reply *reply);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reply, reply_clear)

/* Forgets status, headers and body, for an answer that became an error. Only before the head is
 * out. */
void reply_reset(struct reply *reply);

/* Adds a header; a value with control bytes is refused and makes the answer a 500. */
void reply_header(struct reply *reply, const char *name, const char *value);

/* Sends what is gathered when it is much; false: no more is wanted. */
bool reply_flush(struct reply *reply);

/* Sends what is left, with the body's length when nothing was sent before. */
void reply_finish(struct reply *reply);

/* The standard phrase of a status we use. */
const char *status_phrase(unsigned status);

/* The statuses we use, by their place in the table: 0 behind the last one; and the place of one,
 * G_MAXUINT when we do not use it. */
unsigned status_at(unsigned place);
unsigned status_place(unsigned status);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef WIRE_HTTP_CLIENT_H
#define WIRE_HTTP_CLIENT_H

/*
 * POSTs to servers that the operator named, over connections that are kept: any address may be
 * used. Bodies have their length and are never chunked; answers are handed on as they come, never
 * compressed. Errors never hold the URL, which may hold secrets. Not for several threads.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How an exchange ended; what that means for the request is the caller's business. */
enum http_end {
	HTTP_UNTRIED,  /* its deadline had come, or another found no server */
	HTTP_NOT_SENT, /* the server saw nothing of the request */
	HTTP_BROKEN,   /* it may have seen it; the answer is absent, cut, or was refused by us */
	HTTP_WHOLE,    /* the answer is here, with its status */
};

struct http_answer {
	enum http_end end;
	unsigned status; /* 0: none came */
	unsigned milliseconds;
	char *type;    /* Content-Type, NULL: none */
	char *header;  /* the one that was wanted, NULL: none */
	GError *error; /* UNAVAILABLE, unless it is whole */
};
void http_answer_clear(struct http_answer *answer);

/* Takes the next bytes of an answer, whose status and type are known; false ends the exchange as
 * broken. */
typedef bool http_take_fn(void *data, const struct http_answer *answer, const char *bytes,
			  size_t length);

/* One POST; everything is borrowed. */
struct http_post {
	const char *url;
	const char *const *headers; /* "Name: value", NULL at the end */
	const char *body;
	size_t length;
	unsigned timeout;        /* seconds for the whole exchange */
	int64_t deadline;        /* as of g_get_monotonic_time(), it ends by then too; 0: none */
	const char *wanted;      /* name of the answer's header that is wanted; NULL: none */
	const char *authority;   /* PEM file of who signs servers; NULL: the system's */
	const char *certificate; /* PEM file with our certificate and key; NULL: none */
	const char *key;         /* PEM file of the key, when it is in another file */
	bool negotiate;          /* Kerberos, with what the process environment names */
	bool is_fresh;           /* over a new connection, so that it is sent once at most */
	bool gives_up;           /* it is not tried after another one did not find the server */
	http_take_fn *take;
	void *data; /* of take */
};

struct http_client;
typedef struct http_client HttpClient; /* the name that g_autoptr needs */
struct http_client *http_client_new(void);
void http_client_free(struct http_client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpClient, http_client_free)

/* Sends them, so many at once; answers[i] belongs to posts[i], and the caller clears it. */
void http_post_many(struct http_client *client, const struct http_post *posts, size_t count,
		    unsigned parallel, struct http_answer *answers);

#endif

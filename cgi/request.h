/* SPDX-License-Identifier: MIT */
#ifndef CGI_REQUEST_H
#define CGI_REQUEST_H

/*
 * One request, however it came: the parameters that FastCGI and CGI share ("NAME=VALUE"), and a
 * function that reads the body. The path is what the client sent before "?": slashes folded, each
 * piece decoded once, and what stands before "/rida" (plain CGI) kept apart as the prefix of links.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum method {
	METHOD_GET,
	METHOD_HEAD,
	METHOD_POST,
	METHOD_PATCH,
	METHOD_PUT,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER,
	METHOD__COUNT
};

/* Reads at most size bytes of the body: how many, 0 at its end, -1 when the client is gone. */
typedef ssize_t body_read_fn(void *stream, char *buffer, size_t size);

struct web_request {
	char *const *parameters; /* NULL-terminated, borrowed */
	body_read_fn *read_body;
	void *stream;

	enum method method;
	char *prefix;     /* usually empty */
	char *path;       /* folded, still encoded, begins with a slash */
	char **segments;  /* decoded; the last one is empty when the path ends in a slash. NULL: not
			     decodable */
	char *query_text; /* still encoded */
	GPtrArray *query; /* struct query_pair; NULL until web_request_read_query() */
	const char
		*wanted[4]; /* the pieces that stood for {} in the route, borrowed from segments */
	char *caller;       /* who is asking, as far as we believe it; NULL: nobody knows */
	bool wants_page;    /* HTML rather than JSON */
	bool wants_events;  /* text/event-stream rather than either */
	const char *public_url; /* the configured address of this service, borrowed; empty: none */
};
typedef struct web_request WebRequest; /* the name that g_auto needs */

/* Takes the parameters apart. Never fails: what cannot be decoded fits no route. */
void web_request_init(struct web_request *request, char *const *parameters, body_read_fn *read_body,
		      void *stream);
void web_request_clear(struct web_request *request);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(WebRequest, web_request_clear)

/* The value of a parameter, or NULL; of one that occurs twice the first. */
const char *web_request_parameter(const struct web_request *request, const char *name);

/* How often a parameter occurs. */
unsigned web_request_count(const struct web_request *request, const char *name);

/* Decodes the query. Errors: MALFORMED. */
bool web_request_read_query(struct web_request *request, GError **error);

/* The first value of a query parameter, or NULL. */
const char *web_request_argument(const struct web_request *request, const char *name);

/*
 * Reads the whole body, exactly as long as announced. Errors: MALFORMED when no length is
 * announced, it is no number or over max, or the body ends early.
 */
bool web_request_read_body(const struct web_request *request, uint64_t max, GString **ret,
			   GError **error);

const char *method_name(enum method method);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef CGI_ROUTER_H
#define CGI_ROUTER_H

/*
 * From a request to its handler. The router alone answers 404, 501 with Allow, a forgotten slash,
 * OPTIONS and missing rights, in this order; a handler gets a finished request and fills a reply.
 */

#include "cgi/app.h"
#include "cgi/reply.h"
#include "cgi/request.h"

/* Fills the reply, or fails with an error that becomes one. Knows no FastCGI and prints nothing. */
typedef bool handler_fn(struct app *app, const struct web_request *request, struct reply *reply,
			GError **error);

enum right {
	RIGHT_ANYONE,
	RIGHT_SUBMIT, /* submit_by */
	RIGHT_CHANGE  /* known, or everyone may submit; the handler looks at owners */
};

struct route {
	enum method method; /* HEAD and OPTIONS follow from GET and the rest */
	const char *path;   /* {} stands for one piece that is not empty */
	enum right right;
	handler_fn *handle;
	bool is_page; /* a page whatever Accept says */
};

struct route_table {
	const struct route *routes;
	size_t count;
};

/* All routes, in routes.c. */
extern const struct route_table all_routes;

enum routing {
	ROUTING_HANDLE,   /* *ret_route is to be called; request->wanted is set */
	ROUTING_ANSWERED, /* the reply is filled */
	ROUTING_FAILED    /* *error is set; an Allow header may be in the reply */
};
/* *ret_route is set as soon as there is one: also when its right is missing. */
enum routing route_request(const struct route_table *table, const struct config *config,
			   struct web_request *request, struct reply *reply,
			   const struct route **ret_route, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#include "cgi/router.h"

#include <string.h>

#include "base/error.h"

/* Whether one piece of a pattern, length bytes long, fits a segment. */
static bool piece_fits(const char *piece, size_t length, const char *segment)
{
	if (length == 2 && memcmp(piece, "{}", 2) == 0)
		return segment[0] != '\0';
	return strlen(segment) == length && memcmp(piece, segment, length) == 0;
}

/* Whether the pattern fits all segments; what stood for {} is put into wanted, unless that is NULL.
 */
static bool path_fits(const char *pattern, char *const *segments, const char **wanted)
{
	const char *piece = pattern + 1;

	for (; *segments; segments++) {
		const char *end = strchrnul(piece, '/');

		if (!piece_fits(piece, (size_t)(end - piece), *segments))
			return false;
		if (*piece == '{' && wanted)
			*wanted++ = *segments;
		if (!*end)
			return !segments[1];
		piece = end + 1;
	}
	return false;
}

/* The methods that the path has, as Allow wants them; NULL when no route has the path. */
static char *allowed_methods(const struct route_table *table, const struct web_request *request)
{
	g_autoptr(GString) allow = g_string_new(NULL);

	for (size_t i = 0; i < table->count; i++) {
		if (!path_fits(table->routes[i].path, request->segments, NULL))
			continue;
		g_string_append_printf(allow, "%s%s", allow->len ? ", " : "",
				       method_name(table->routes[i].method));
		if (table->routes[i].method == METHOD_GET)
			g_string_append(allow, ", HEAD");
	}
	if (allow->len == 0)
		return NULL;
	g_string_append(allow, ", OPTIONS");
	return g_strdup(allow->str);
}

/* Whether a route has the path with a slash at its end. */
static bool lacks_slash(const struct route_table *table, const struct web_request *request)
{
	g_autoptr(GPtrArray) segments = g_ptr_array_new();

	for (char **segment = request->segments; *segment; segment++)
		g_ptr_array_add(segments, *segment);
	g_ptr_array_add(segments, (char[]){ "" });
	g_ptr_array_add(segments, NULL);
	for (size_t i = 0; i < table->count; i++)
		if (path_fits(table->routes[i].path, (char *const *)segments->pdata, NULL))
			return true;
	return false;
}

static enum routing redirect_to_slash(const struct web_request *request, struct reply *reply)
{
	g_autofree char *location =
		g_strconcat(request->prefix, request->path, "/", request->query_text[0] ? "?" : "",
			    request->query_text, NULL);

	reply->status = 308;
	reply_header(reply, "Location", location);
	return ROUTING_ANSWERED;
}

static bool may_submit(const struct config *config, const struct web_request *request,
		       GError **error)
{
	if (config->submit_by == SUBMIT_BY_NOBODY)
		return fail(
			error, RIDA_ERROR_UNKNOWN_CALLER,
			"this deployment takes no submissions (submit_by: nobody); its operator may set submit_by to "
			"identified or anyone");
	if (config->submit_by == SUBMIT_BY_IDENTIFIED && !request->caller)
		return fail(
			error, RIDA_ERROR_UNKNOWN_CALLER,
			"say who you are: submissions are taken from identified users only (submit_by: identified)");
	return true;
}

static bool has_right(enum right right, const struct config *config,
		      const struct web_request *request, GError **error)
{
	if (right == RIGHT_SUBMIT)
		return may_submit(config, request, error);
	if (right == RIGHT_CHANGE && !request->caller && config->submit_by != SUBMIT_BY_ANYONE)
		return fail(
			error, RIDA_ERROR_UNKNOWN_CALLER,
			"say who you are: builds are changed by identified users only (submit_by: %s)",
			config->submit_by == SUBMIT_BY_NOBODY ? "nobody" : "identified");
	return true;
}

static const struct route *find(const struct route_table *table, struct web_request *request)
{
	enum method method = request->method == METHOD_HEAD ? METHOD_GET : request->method;

	for (size_t i = 0; i < table->count; i++)
		if (table->routes[i].method == method &&
		    path_fits(table->routes[i].path, request->segments, request->wanted))
			return &table->routes[i];
	return NULL;
}

enum routing route_request(const struct route_table *table, const struct config *config,
			   struct web_request *request, struct reply *reply,
			   const struct route **ret_route, GError **error)
{
	g_autofree char *allow = request->segments ? allowed_methods(table, request) : NULL;
	const struct route *route;

	if (!allow && request->segments && lacks_slash(table, request))
		return redirect_to_slash(request, reply);
	if (!allow) {
		fail(error, RIDA_ERROR_MISSING,
		     "there is nothing at this URL; the list of builds is at /rida/module-builds/");
		return ROUTING_FAILED;
	}
	route = find(table, request);
	if (!route) {
		reply->allow = g_steal_pointer(&allow);
		if (request->method == METHOD_OPTIONS)
			return ROUTING_ANSWERED;
		fail(error, RIDA_ERROR_UNSUPPORTED, "this URL has no such method; it has %s",
		     reply->allow);
		return ROUTING_FAILED;
	}
	*ret_route = route;
	if (!has_right(route->right, config, request, error))
		return ROUTING_FAILED;
	return ROUTING_HANDLE;
}

/* SPDX-License-Identifier: MIT */
/*
 * Reaches what reads a request: web_request_init(), identity_of(), route_request(), the filters and
 * paging, the query of events, the JSON body, Accept, Range and If-None-Match. The input is
 * parameters, one a line, then an empty line and the body.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "cgi/build_id.h"
#include "cgi/etag.h"
#include "cgi/event_query.h"
#include "cgi/filters.h"
#include "cgi/identity.h"
#include "cgi/json_body.h"
#include "cgi/negotiate.h"
#include "cgi/range.h"
#include "cgi/router.h"
#include "model/build.h"
#include "model/names.h"
#include "text/query.h"

#define BODY_MAX  4096
#define FILE_SIZE 1000
#define MARKER    "nginx"

struct body {
	const char *text;
	size_t length;
};

static ssize_t read_body(void *stream, char *buffer, size_t size)
{
	struct body *body = stream;
	size_t part = MIN(size, body->length);

	memcpy(buffer, body->text, part);
	body->text += part;
	body->length -= part;
	return (ssize_t)part;
}

static bool take_bytes(void *stream, const char *bytes, size_t length)
{
	g_string_append_len(stream, bytes, (gssize)length);
	return true;
}

/* No line but those that we write: a stranger's bytes end none early. */
static void check_head(const char *head)
{
	g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);

	for (char **line = lines; **line; line++) {
		g_assert_nonnull(strchr(*line, ':'));
		for (const char *byte = *line; *byte; byte++)
			g_assert_false(g_ascii_iscntrl(*byte));
	}
}

static void check_route(struct web_request *request, const struct config *config, GString *written)
{
	const struct route *route = NULL;
	g_auto(Reply) reply = { 0 };
	g_autoptr(GError) error = NULL;
	uint64_t id;

	reply_init(&reply, request->method == METHOD_HEAD, take_bytes, written);
	switch (route_request(&all_routes, config, request, &reply, &route, &error)) {
	case ROUTING_HANDLE:
		g_assert_nonnull(route);
		for (size_t i = 0; i < G_N_ELEMENTS(request->wanted); i++)
			g_assert_true(!request->wanted[i] || *request->wanted[i]);
		if (request->wanted[0] && build_id_read(request, &id, NULL))
			g_assert_cmpuint(id, >, 0);
		break;
	case ROUTING_ANSWERED:
		g_assert_null(error);
		reply_finish(&reply);
		if (!reply.has_refused)
			check_head(written->str);
		break;
	case ROUTING_FAILED:
		g_assert_nonnull(error);
		break;
	}
}

static void check_lists(struct web_request *request)
{
	struct build_filter filter = BUILD_FILTER_ANY;
	struct paging paging;
	bool is_verbose;

	if (!web_request_read_query(request, NULL))
		return;
	filters_read(request, &filter, NULL);
	verbose_read(request, &is_verbose, NULL);
	if (paging_read(request, 10, &paging, NULL)) {
		g_autofree char *query = query_with_page(request, paging.page, paging.per_page);
		g_autoptr(GPtrArray) pairs = NULL;

		g_assert_cmpuint(paging.page - 1, <, PAGE_MAX);
		g_assert_cmpuint(paging.per_page - 1, <, PER_PAGE_MAX);
		g_assert_null(strpbrk(query, "<>\"' \n\r"));
		g_assert_true(query_read(query + 1, &pairs, NULL) ||
			      strlen(query + 1) > QUERY_BYTES_MAX ||
			      request->query->len + 2 > QUERY_PAIRS_MAX);
	}
}

/* What is asked for is within the limits, and of one kind. */
static void check_events(struct web_request *request)
{
	struct event_query query;

	request->wants_events =
		accept_prefers_events(web_request_parameter(request, "HTTP_ACCEPT"));
	if (!event_query_read(request, EVENTS_DEFAULT, &query, NULL))
		return;
	g_assert_cmpuint(query.limit - 1, <, EVENTS_MAX);
	g_assert_true(query.has_after || query.after == 0);
	switch (query.filter.by) {
	case EVENTS_OF_ALL:
		g_assert_null(query.filter.text);
		break;
	case EVENTS_OF_BUILD:
		g_assert_cmpuint(query.filter.build_id, >, 0);
		break;
	case EVENTS_OF_MODULE:
	case EVENTS_OF_OWNER:
		g_assert_true(*query.filter.text);
		break;
	}
}

static void check_headers(const struct web_request *request)
{
	const char *tags = web_request_parameter(request, "HTTP_IF_NONE_MATCH");
	struct byte_range range =
		range_read(web_request_parameter(request, "HTTP_RANGE"), FILE_SIZE);

	accept_prefers_html(web_request_parameter(request, "HTTP_ACCEPT"));
	g_assert_true(!etag_matches(tags, "W/\"1\"") || strchr(tags, '1') || strchr(tags, '*'));
	if (range.kind == RANGE_PART) {
		g_assert_cmpuint(range.first, <=, range.last);
		g_assert_cmpuint(range.last, <, FILE_SIZE);
	}
}

/* A caller has a name only when the front end alone has said so, once. */
static void check_caller(const struct web_request *request)
{
	if (!request->caller)
		return;
	g_assert_true(name_is_valid(NAME_OWNER, request->caller));
	g_assert_cmpuint(web_request_count(request, "RIDA_AUTH_BY"), ==, 1);
	g_assert_cmpuint(web_request_count(request, "REMOTE_USER"), ==, 1);
	g_assert_cmpstr(web_request_parameter(request, "RIDA_AUTH_BY"), ==, MARKER);
	g_assert_cmpstr(web_request_parameter(request, "REMOTE_USER"), ==, request->caller);
}

static void check_body(const struct web_request *request)
{
	g_autoptr(JsonObject) value = NULL;
	g_autofree char *digest = NULL;

	if (!json_body_read(request, BODY_MAX, &value, &digest, NULL))
		return;
	g_assert_true(json_object_is_type(value, json_type_object));
	g_assert_cmpuint(strlen(digest), ==, 64);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	char *end = strstr(text, "\n\n");
	struct body body = { end ? end + 2 : "", end ? strlen(end + 2) : 0 };
	g_auto(GStrv) parameters = NULL;
	g_autoptr(Config) config = config_new();
	g_autoptr(GString) written = g_string_new(NULL);
	g_auto(WebRequest) request = { 0 };

	if (end)
		*end = '\0';
	parameters = g_strsplit(text, "\n", 100);
	config->auth = AUTH_FRONT;
	text_set(&config->auth_marker, MARKER);
	config->submit_by = SUBMIT_BY_ANYONE;
	web_request_init(&request, parameters, read_body, &body);
	request.caller = identity_of(config, &request);
	for (char **segment = request.segments; segment && *segment; segment++)
		g_assert_true(g_utf8_validate(*segment, -1, NULL));
	g_assert_null(strstr(request.path, "//"));
	check_caller(&request);
	check_lists(&request);
	check_events(&request);
	check_headers(&request);
	check_body(&request);
	check_route(&request, config, written);
	return 0;
}

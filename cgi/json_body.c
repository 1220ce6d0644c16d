/* SPDX-License-Identifier: MIT */
#include "cgi/json_body.h"

#include <string.h>

#include "base/error.h"

/* Whether the Origin header names the host that the request went to. */
static bool origin_is_ours(const char *origin, const char *host)
{
	const char *mark = strstr(origin, "://");

	return mark && host && g_ascii_strcasecmp(mark + 3, host) == 0;
}

static bool type_is_json(const char *type)
{
	size_t length = strcspn(type, "; \t");

	return length == strlen("application/json") &&
	       g_ascii_strncasecmp(type, "application/json", length) == 0;
}

/* What curl sends with -d; a program that says nothing better is believed. */
static bool type_says_nothing(const char *type)
{
	return !type || !type[0] || g_str_has_prefix(type, "application/x-www-form-urlencoded");
}

/* What newer browsers say besides Origin; other programs do not say it. */
static bool site_is_ours(const char *site)
{
	return !site || strcmp(site, "same-origin") == 0 || strcmp(site, "none") == 0;
}

static bool check_sender(const struct web_request *request, GError **error)
{
	const char *origin = web_request_parameter(request, "HTTP_ORIGIN");
	const char *type = web_request_parameter(request, "CONTENT_TYPE");

	if (!site_is_ours(web_request_parameter(request, "HTTP_SEC_FETCH_SITE")) ||
	    (origin && !origin_is_ours(origin, web_request_parameter(request, "HTTP_HOST"))))
		return fail(error, RIDA_ERROR_FORBIDDEN,
			    "requests from other sites' pages are not taken");
	if (type && type_is_json(type))
		return true;
	if (!origin && type_says_nothing(type))
		return true;
	return fail(error, RIDA_ERROR_MALFORMED, "send JSON, with Content-Type: application/json");
}

bool json_body_read(const struct web_request *request, uint64_t max, struct json_object **ret,
		    char **ret_digest, GError **error)
{
	g_autoptr(JsonObject) value = NULL;
	g_autoptr(GString) body = NULL;

	if (!check_sender(request, error) || !web_request_read_body(request, max, &body, error))
		return false;
	if (body->len == 0)
		return fail(error, RIDA_ERROR_MALFORMED, "the body is empty: send a JSON object");
	if (!read_json(body->str, body->len, &value, error)) {
		g_prefix_error(error, "the body: ");
		return false;
	}
	if (!json_object_is_type(value, json_type_object))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the body must be a JSON object: {\"…\": \"…\"}");
	if (ret_digest)
		*ret_digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256,
							  (const guchar *)body->str, body->len);
	*ret = g_steal_pointer(&value);
	return true;
}

bool json_body_text(struct json_object *body, const char *key, size_t max, const char *advice,
		    const char **ret, GError **error)
{
	g_autoptr(GError) problem = NULL;

	if (!json_member_text(body, key, max, ret, &problem))
		return fail(error, error_code(problem), "%s: %s", problem->message, advice);
	if (!**ret)
		return fail(error, RIDA_ERROR_MALFORMED, "\"%s\" is empty: %s", key, advice);
	return true;
}

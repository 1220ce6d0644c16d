/* SPDX-License-Identifier: MIT */
#include "cgi/request.h"

#include <inttypes.h>
#include <string.h>

#include "base/error.h"
#include "base/strict.h"
#include "text/url.h"

#define ROOT "/rida"

static const char *const methods[METHOD__COUNT] = {
	[METHOD_GET] = "GET",         [METHOD_HEAD] = "HEAD",   [METHOD_POST] = "POST",
	[METHOD_PATCH] = "PATCH",     [METHOD_PUT] = "PUT",     [METHOD_DELETE] = "DELETE",
	[METHOD_OPTIONS] = "OPTIONS", [METHOD_OTHER] = "other",
};

const char *method_name(enum method method)
{
	return methods[method];
}

static enum method read_method(const char *text)
{
	for (int i = 0; text && i < METHOD_OTHER; i++)
		if (strcmp(text, methods[i]) == 0)
			return (enum method)i;
	return METHOD_OTHER;
}

/* "//a///b" is "/a/b". */
static char *fold_slashes(const char *path)
{
	GString *folded = g_string_new(NULL);

	for (; *path; path++)
		if (*path != '/' || folded->len == 0 || folded->str[folded->len - 1] != '/')
			g_string_append_c(folded, *path);
	return g_string_free(folded, FALSE);
}

/* The rest of the path when it begins with the prefix and goes on with /rida. */
static const char *after_prefix(const char *path, const char *prefix)
{
	const char *rest;

	if (!prefix || !prefix[0] || !g_str_has_prefix(path, prefix))
		return NULL;
	rest = path + strlen(prefix);
	if (!g_str_has_prefix(rest, ROOT))
		return NULL;
	return rest[strlen(ROOT)] == '/' || !rest[strlen(ROOT)] ? rest : NULL;
}

/* The path and query that the client sent; a bare CGI caller gives SCRIPT_NAME and PATH_INFO
 * instead. */
static char *whole_uri(const struct web_request *request)
{
	const char *uri = web_request_parameter(request, "REQUEST_URI");
	const char *script = web_request_parameter(request, "SCRIPT_NAME");
	const char *info = web_request_parameter(request, "PATH_INFO");
	const char *authority;

	if (!uri || !uri[0])
		return g_strconcat(script ? script : "", info ? info : "", NULL);
	if (uri[0] == '/')
		return g_strdup(uri);
	authority = strstr(uri, "://");
	uri = authority ? strchr(authority + 3, '/') : NULL;
	return g_strdup(uri ? uri : "/");
}

static char **decode_segments(const char *path)
{
	g_auto(GStrv) pieces = g_strsplit(path + 1, "/", -1);

	for (char **piece = pieces; *piece; piece++) {
		char *decoded = NULL;

		if (!percent_decode(*piece, strlen(*piece), false, &decoded, NULL))
			return NULL;
		g_free(*piece);
		*piece = decoded;
	}
	return g_steal_pointer(&pieces);
}

/* A server lets no blank or control byte through in a URI: what holds one is no path of ours. */
static bool is_clean(const char *uri)
{
	while ((unsigned char)*uri > ' ' && *uri != 0x7f)
		uri++;
	return !*uri;
}

static void read_path(struct web_request *request)
{
	g_autofree char *uri = whole_uri(request);
	g_autofree char *folded = NULL;
	const char *query = web_request_parameter(request, "QUERY_STRING");
	bool is_uri = is_clean(uri);
	char *mark = strchr(uri, '?');
	const char *rest;

	if (mark)
		*mark++ = '\0';
	request->query_text = g_strdup(mark ? mark : query ? query : "");
	folded = fold_slashes(uri);
	rest = after_prefix(folded, web_request_parameter(request, "SCRIPT_NAME"));
	request->prefix = rest ? g_strndup(folded, (size_t)(rest - folded)) : g_strdup("");
	request->path = g_strdup(rest ? rest : folded);
	if (is_uri && request->path[0] == '/')
		request->segments = decode_segments(request->path);
}

void web_request_init(struct web_request *request, char *const *parameters, body_read_fn *read_body,
		      void *stream)
{
	*request = (struct web_request){ .parameters = parameters,
					 .read_body = read_body,
					 .stream = stream };
	request->method = read_method(web_request_parameter(request, "REQUEST_METHOD"));
	read_path(request);
}

void web_request_clear(struct web_request *request)
{
	g_free(request->prefix);
	g_free(request->path);
	g_strfreev(request->segments);
	g_free(request->query_text);
	g_clear_pointer(&request->query, g_ptr_array_unref);
	g_free(request->caller);
	*request = (struct web_request){ 0 };
}

/* The value when the text is "NAME=VALUE" of that name. */
static const char *value_of(const char *parameter, const char *name)
{
	size_t length = strlen(name);

	return strncmp(parameter, name, length) == 0 && parameter[length] == '='
		       ? parameter + length + 1
		       : NULL;
}

const char *web_request_parameter(const struct web_request *request, const char *name)
{
	for (char *const *parameter = request->parameters; *parameter; parameter++) {
		const char *value = value_of(*parameter, name);

		if (value)
			return value;
	}
	return NULL;
}

unsigned web_request_count(const struct web_request *request, const char *name)
{
	unsigned count = 0;

	for (char *const *parameter = request->parameters; *parameter; parameter++)
		count += value_of(*parameter, name) ? 1 : 0;
	return count;
}

bool web_request_read_query(struct web_request *request, GError **error)
{
	g_clear_pointer(&request->query, g_ptr_array_unref);
	return query_read(request->query_text, &request->query, error);
}

const char *web_request_argument(const struct web_request *request, const char *name)
{
	return request->query ? query_value(request->query, name) : NULL;
}

static bool read_length(const struct web_request *request, uint64_t max, uint64_t *ret,
			GError **error)
{
	const char *text = web_request_parameter(request, "CONTENT_LENGTH");

	if (!text || !text[0])
		return fail(
			error, RIDA_ERROR_MALFORMED,
			"the request announces no Content-Length: send a JSON body of known length");
	if (!strict_u64(text, 0, UINT64_MAX, ret, NULL))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the Content-Length is no number of bytes");
	if (*ret > max)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the body has %" PRIu64 " bytes; at most %" PRIu64 " are read here",
			    *ret, max);
	return true;
}

bool web_request_read_body(const struct web_request *request, uint64_t max, GString **ret,
			   GError **error)
{
	g_autoptr(GString) body = NULL;
	uint64_t length = 0;
	char buffer[8192];

	if (!read_length(request, max, &length, error))
		return false;
	body = g_string_new(NULL);
	while (body->len < length) {
		size_t want = MIN(sizeof buffer, length - body->len);
		ssize_t got = request->read_body(request->stream, buffer, want);

		if (got <= 0)
			return fail(error, RIDA_ERROR_MALFORMED,
				    "the body ends after %" G_GSIZE_FORMAT " of %" PRIu64
				    " announced bytes",
				    body->len, length);
		g_string_append_len(body, buffer, got);
	}
	*ret = g_steal_pointer(&body);
	return true;
}

/* SPDX-License-Identifier: MIT */
#include "text/url.h"

#include <string.h>

#include "base/error.h"
#include "base/strict.h"

#define HOST_BYTES_MAX 253

/* Of RFC 3986; letters and digits belong to each set. */
#define UNRESERVED "-._~"
#define SUB_DELIMS "!$&'()*+,;="
#define SEGMENT    UNRESERVED SUB_DELIMS ":@"
#define QUERY      SEGMENT "/?"

static const struct {
	const char *scheme;
	unsigned port;
} known_ports[] = {
	{ "https", 443 },
	{ "http", 80 },
	{ "git", 9418 },
	{ "ssh", 22 },
};

static bool byte_is_in(char byte, const char *set)
{
	return g_ascii_isalnum(byte) || (byte && strchr(set, byte));
}

/* Escapes may hide what the path or a program means, so those of / \ . @ % and of control bytes are
 * none. */
static bool escape_is_good(const char *text)
{
	int high = g_ascii_xdigit_value(text[1]);
	int low = high < 0 ? -1 : g_ascii_xdigit_value(text[2]);
	int byte = high * 16 + low;

	return low >= 0 && byte >= 0x20 && byte != 0x7f && !strchr("/\\.@%", byte);
}

/* What stands there, as a person would call it. */
static char *place_name(const char *text)
{
	if (*text == '%') {
		g_autofree char *escape = g_strndup(text, 3);
		g_autofree char *shown = strict_shown(escape);

		return g_strdup_printf("the escape \"%s\"", shown);
	}
	if (*text == ' ')
		return g_strdup("a blank");
	if (g_ascii_isgraph(*text))
		return g_strdup_printf("\"%c\"", *text);
	return g_strdup_printf("the byte 0x%02x", (unsigned char)*text);
}

static bool check_bytes(const char *what, const char *text, const char *set, GError **error)
{
	for (const char *byte = text; *byte; byte++) {
		g_autofree char *name = NULL;

		if (*byte == '%' && escape_is_good(byte)) {
			byte += 2;
			continue;
		}
		if (*byte != '%' && byte_is_in(*byte, set))
			continue;
		name = place_name(byte);
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the %s has %s, which is not allowed there", what, name);
	}
	return true;
}

/* Cuts text at the first byte of the set; returns what follows that byte, NULL when there is none.
 */
static char *cut(char *text, char at)
{
	char *place = strchr(text, at);

	if (!place)
		return NULL;
	*place = 0;
	return place + 1;
}

static bool read_scheme(struct url *url, const char *text, GError **error)
{
	static const struct strict_charset set = { .first = "", .rest = "+-.", .max = 32 };

	if (!g_ascii_isalpha(text[0]) || !strict_name(text, &set))
		return fail(error, RIDA_ERROR_MALFORMED, "the scheme of the URL is not valid");
	url->scheme = g_ascii_strdown(text, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(known_ports); i++)
		if (strcmp(known_ports[i].scheme, url->scheme) == 0)
			url->port = known_ports[i].port;
	return true;
}

static bool label_is_good(const char *label)
{
	size_t length = strlen(label);

	if (length == 0 || length > 63 || label[0] == '-' || label[length - 1] == '-')
		return false;
	for (const char *byte = label; *byte; byte++)
		if (!byte_is_in(*byte, "-_"))
			return false;
	return true;
}

/* Resolvers take "127.1", "0x7f.1" and "2130706433" for addresses, so a last label of that kind
 * needs the full form. */
static bool label_is_number(const char *label)
{
	if (label[0] == '0' && g_ascii_tolower(label[1]) == 'x')
		return true;
	return strspn(label, "0123456789") == strlen(label);
}

static bool host_is_name(const char *host)
{
	g_auto(GStrv) labels = g_strsplit(host, ".", -1);
	guint count = g_strv_length(labels);

	for (guint i = 0; i < count; i++)
		if (!label_is_good(labels[i]))
			return false;
	return count > 0 && (!label_is_number(labels[count - 1]) || g_hostname_is_ip_address(host));
}

static bool read_host(struct url *url, const char *text, bool is_bracketed, GError **error)
{
	bool is_good = is_bracketed ? strchr(text, ':') && !strchr(text, '%') &&
					      g_hostname_is_ip_address(text)
				    : host_is_name(text);

	if (!*text)
		return fail(error, RIDA_ERROR_MALFORMED, "the URL names no host");
	if (!is_good || strlen(text) > HOST_BYTES_MAX) {
		g_autofree char *shown = strict_shown(text);

		return fail(error, RIDA_ERROR_MALFORMED, "the host \"%s\" of the URL is not valid",
			    shown);
	}
	url->host = g_ascii_strdown(text, -1);
	return true;
}

static bool read_port(struct url *url, const char *text, GError **error)
{
	uint64_t port;

	if (text[0] == '0' || strlen(text) > 5 || !strict_u64(text, 1, 65535, &port, NULL))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the port of the URL is not a number from 1 to 65535");
	url->port = (unsigned)port;
	url->has_port = true;
	return true;
}

static bool read_authority(struct url *url, char *text, GError **error)
{
	char *port;
	char *after = NULL;
	bool is_bracketed = text[0] == '[';

	if (strchr(text, '@'))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the URL names a user before \"@\", which is not allowed");
	if (is_bracketed) {
		after = cut(++text, ']');
		if (!after || (*after && *after != ':'))
			return fail(error, RIDA_ERROR_MALFORMED,
				    "the host of the URL is not valid");
		port = *after ? after + 1 : NULL;
	} else {
		port = cut(text, ':');
	}
	return read_host(url, text, is_bracketed, error) && (!port || read_port(url, port, error));
}

static bool fail_empty(GError **error)
{
	return fail(error, RIDA_ERROR_MALFORMED, "the path of the URL has two slashes in a row");
}

/* path starts after the authority's slash; NULL: there is none. */
static bool read_path(struct url *url, const char *path, GError **error)
{
	size_t length = path ? strlen(path) : 0;
	g_autofree char *inner = g_strndup(path ? path : "", length);

	url->ends_in_slash = path && (length == 0 || path[length - 1] == '/');
	if (length > 0 && url->ends_in_slash)
		inner[length - 1] = 0;
	url->segments = g_strsplit(inner, "/", -1);
	if (length > 0 && !*inner)
		return fail_empty(error);
	for (char **segment = url->segments; *segment; segment++) {
		if (!**segment)
			return fail_empty(error);
		if (strcmp(*segment, ".") == 0 || strcmp(*segment, "..") == 0)
			return fail(error, RIDA_ERROR_MALFORMED,
				    "the path of the URL has \"%s\" between slashes", *segment);
		if (!check_bytes("path of the URL", *segment, SEGMENT, error))
			return false;
	}
	return true;
}

static bool read_parts(struct url *url, char *text, GError **error)
{
	char *fragment = cut(text, '#');
	char *query = cut(text, '?');
	char *rest = strstr(text, "://");
	char *path;

	if (!rest)
		return fail(error, RIDA_ERROR_MALFORMED, "the form scheme://host/path is wanted");
	*rest = 0;
	rest += strlen("://");
	path = cut(rest, '/');
	if (!read_scheme(url, text, error) || !read_authority(url, rest, error) ||
	    !read_path(url, path, error))
		return false;
	if ((query && !check_bytes("part after \"?\" of the URL", query, QUERY, error)) ||
	    (fragment && !check_bytes("part after \"#\" of the URL", fragment, QUERY, error)))
		return false;
	url->query = g_strdup(query);
	url->fragment = g_strdup(fragment);
	return true;
}

bool url_read(const char *text, struct url **ret, GError **error)
{
	g_autoptr(Url) url = g_new0(struct url, 1);
	g_autofree char *parts = NULL;

	if (strnlen(text, URL_BYTES_MAX + 1) > URL_BYTES_MAX)
		return fail(error, RIDA_ERROR_MALFORMED, "the URL is longer than %d bytes",
			    URL_BYTES_MAX);
	parts = g_strdup(text);
	if (!read_parts(url, parts, error))
		return false;
	*ret = g_steal_pointer(&url);
	return true;
}

void url_free(struct url *url)
{
	if (!url)
		return;
	g_free(url->scheme);
	g_free(url->host);
	g_strfreev(url->segments);
	g_free(url->query);
	g_free(url->fragment);
	g_free(url);
}

char *url_write_server(const struct url *url)
{
	bool is_bracketed = strchr(url->host, ':');
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, is_bracketed ? "%s://[%s]" : "%s://%s", url->scheme,
			       url->host);
	if (url->has_port)
		g_string_append_printf(text, ":%u", url->port);
	return g_string_free(text, FALSE);
}

char *url_write(const struct url *url)
{
	g_autofree char *server = url_write_server(url);
	GString *text = g_string_new(server);

	for (char **segment = url->segments; *segment; segment++)
		g_string_append_printf(text, "/%s", *segment);
	if (url->ends_in_slash || !url->segments[0])
		g_string_append_c(text, '/');
	return g_string_free(text, FALSE);
}

char *url_segment(const char *text)
{
	return g_uri_escape_string(text, SUB_DELIMS ":@", FALSE);
}

char *url_argument(const char *text)
{
	return g_uri_escape_string(text, NULL, FALSE);
}

/* SPDX-License-Identifier: MIT */
#ifndef TEXT_URL_H
#define TEXT_URL_H

/*
 * URLs by RFC 3986, read once and strictly, and rebuilt from their parts. Refused: user
 * information, control bytes, blanks, backslashes, non-ASCII bytes, percent escapes of / \ . @ %
 * and of control bytes, the path segments "", "." and "..", IPv6 zones, ports that are not 1-65535.
 * Scheme and host are lower case after reading.
 */

#include <glib.h>
#include <stdbool.h>

#include "text/query.h" /* who reads a URL reads its query too */

#define URL_BYTES_MAX 2048

struct url {
	char *scheme;
	char *host;      /* without brackets */
	unsigned port;   /* the scheme's when the text names none; 0 when that is unknown */
	bool has_port;   /* the text named it */
	char **segments; /* of the path, still percent-encoded; "/" alone is an empty array */
	bool ends_in_slash;
	char *query;    /* without "?", NULL when absent */
	char *fragment; /* without "#", NULL when absent */
};
typedef struct url Url; /* the name that g_autoptr needs */

/* Errors: MALFORMED, naming the part that is wrong. */
bool url_read(const char *text, struct url **ret, GError **error);
void url_free(struct url *url);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Url, url_free)

/* scheme://host[:port], and the same with the path; without query and fragment. The caller frees
 * them. */
char *url_write_server(const struct url *url);
char *url_write(const struct url *url);

/* Percent-encode for one path segment, or for a query argument; the caller frees the result. */
char *url_segment(const char *text);
char *url_argument(const char *text);

#endif

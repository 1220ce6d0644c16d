/* SPDX-License-Identifier: MIT */
#include "wire/broker_url.h"

#include <string.h>

#include "base/error.h"
#include "text/url.h"
#include "wire/broker_message.h"

#define PORT        5672
#define PORT_SECURE 5671

/* A host that is named by several segments is one whose slashes were not encoded. */
static bool read_vhost(const char *path, char **ret, GError **error)
{
	g_autofree char *vhost = NULL;

	if (strpbrk(path, "/?#"))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the virtual host after the broker's address has \"/\", \"?\" or "
			    "\"#\", which is written %%2F, %%3F and %%23");
	/* NULL for a bad escape and for %00. */
	vhost = g_uri_unescape_string(path, NULL);
	if (!vhost || !g_utf8_validate(vhost, -1, NULL))
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the virtual host after the broker's address is no percent-encoded "
			    "UTF-8 text");
	if (strlen(vhost) > BROKER_TEXT_MAX)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "the virtual host of the broker is longer than %d bytes",
			    BROKER_TEXT_MAX);
	*ret = *vhost ? g_steal_pointer(&vhost) : g_strdup("/");
	return true;
}

static bool read_server(const char *text, struct broker_url *ret, GError **error)
{
	g_autoptr(Url) url = NULL;

	if (!url_read(text, &url, error))
		return false;
	ret->is_secure = strcmp(url->scheme, "amqps") == 0;
	if (!ret->is_secure && strcmp(url->scheme, "amqp") != 0)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "a broker's URL begins with amqp:// or amqps://, not %s://",
			    url->scheme);
	if (url->query || url->fragment)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "a broker's URL has no part after \"?\" or \"#\"");
	ret->port = url->has_port ? url->port : ret->is_secure ? PORT_SECURE : PORT;
	ret->host = g_steal_pointer(&url->host);
	return true;
}

bool broker_url_read(const char *text, struct broker_url *ret, GError **error)
{
	const char *scheme_end = strstr(text, "://");
	const char *path = scheme_end ? strchr(scheme_end + strlen("://"), '/') : NULL;
	g_autofree char *server = path ? g_strndup(text, (gsize)(path - text)) : g_strdup(text);
	struct broker_url url = { 0 };

	/* The general reader refuses an encoded slash, which virtual hosts live by. */
	if (strlen(text) <= URL_BYTES_MAX && read_server(server, &url, error) &&
	    read_vhost(path ? path + 1 : "", &url.vhost, error)) {
		*ret = url;
		return true;
	}
	if (strlen(text) > URL_BYTES_MAX)
		fail(error, RIDA_ERROR_MALFORMED, "the broker's URL is longer than %d bytes",
		     URL_BYTES_MAX);
	broker_url_clear(&url);
	return false;
}

void broker_url_clear(struct broker_url *url)
{
	g_free(url->host);
	g_free(url->vhost);
	*url = (struct broker_url){ 0 };
}

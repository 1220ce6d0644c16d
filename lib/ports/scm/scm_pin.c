/* SPDX-License-Identifier: MIT */
#include "ports/scm/scm_git.h"

#include <string.h>

#include "text/url.h"
#include "wire/address.h"

/* Beside what every git gets. Old commits with odd dates and names pass, what may do harm does not.
 */
static const char *const fetch_settings[] = {
	"http.followRedirects=false",
	"http.lowSpeedLimit=1000",
	"http.lowSpeedTime=10",
	"http.emptyAuth=false",
	"http.sslVersion=tlsv1.2", /* or later */
	"transfer.fsckObjects=true",
	"fetch.fsck.badTimezone=ignore",
	"fetch.fsck.missingNameBeforeEmail=ignore",
	"fetch.fsck.missingSpaceBeforeEmail=ignore",
	"fetch.fsck.missingSpaceBeforeDate=ignore",
	"fetch.fsck.zeroPaddedFilemode=ignore",
	"fetch.unpackLimit=1", /* one pack, whose size the file limit caps, not many files */
	"fetch.showForcedUpdates=false",
	"core.bigFileThreshold=1m",
	"core.deltaBaseCacheLimit=16m",
	"core.packedGitWindowSize=16m",
	"core.packedGitLimit=64m",
	"pack.threads=1",
};

void git_pin_clear(struct git_pin *pin)
{
	g_clear_pointer(&pin->url, g_free);
	g_clear_pointer(&pin->settings, g_ptr_array_unref);
	g_clear_pointer(&pin->environment, g_ptr_array_unref);
}

static void add(GPtrArray *array, char *text)
{
	g_ptr_array_add(array, text);
}

/* The URL that git gets. The daemon's protocol has no other way to be told an address. */
static char *pin_git(struct git_pin *pin, struct url *url, const char *address)
{
	add(pin->environment,
	    g_strdup_printf(strchr(url->host, ':') ? "GIT_OVERRIDE_VIRTUAL_HOST=[%s]:%u"
						   : "GIT_OVERRIDE_VIRTUAL_HOST=%s:%u",
			    url->host, url->port));
	g_free(url->host);
	url->host = g_strdup(address);
	return url_write(url);
}

/* libcurl tries them in turn. */
static char *pin_http(struct git_pin *pin, const struct url *url, char *const *addresses)
{
	g_autoptr(GString) list = g_string_new(NULL);

	for (; *addresses; addresses++)
		g_string_append_printf(list, strchr(*addresses, ':') ? "%s[%s]" : "%s%s",
				       list->len > 0 ? "," : "", *addresses);
	if (!g_hostname_is_ip_address(url->host))
		add(pin->settings, g_strdup_printf("http.curloptResolve=%s:%u:%s", url->host,
						   url->port, list->str));
	return url_write(url);
}

/* The host stays in the URL, for the known host keys; only the service's own key is used. */
static char *pin_ssh(struct git_pin *pin, const struct url *url, const char *address)
{
	add(pin->environment, g_strdup("GIT_SSH_VARIANT=ssh"));
	add(pin->environment,
	    g_strdup_printf(
		    "GIT_SSH_COMMAND=ssh -F /dev/null -o BatchMode=yes -o ConnectTimeout=10 "
		    "-o StrictHostKeyChecking=yes -o ClearAllForwardings=yes "
		    "-o HostName=%s -o HostKeyAlias=%s",
		    address, url->host));
	return url_write(url);
}

static void pin_init(struct git_pin *pin)
{
	pin->settings = g_ptr_array_new_with_free_func(g_free);
	pin->environment = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < G_N_ELEMENTS(fetch_settings); i++)
		add(pin->settings, g_strdup(fetch_settings[i]));
}

bool git_pin(const char *repository, bool private_addresses, unsigned timeout, struct git_pin *pin,
	     GError **error)
{
	g_autoptr(Url) url = NULL;
	g_auto(GStrv) addresses = NULL;
	struct address_wants wants = { .private_addresses = private_addresses, .timeout = timeout };

	if (!url_read(repository, &url, error))
		return false;
	wants.host = url->host;
	wants.port = url->port;
	if (!address_resolve(&wants, &addresses, error))
		return false;
	pin_init(pin);
	add(pin->settings, g_strdup_printf("protocol.%s.allow=always", url->scheme));
	if (g_str_equal(url->scheme, "git"))
		pin->url = pin_git(pin, url, address_reachable(addresses, &wants));
	else if (g_str_equal(url->scheme, "ssh"))
		pin->url = pin_ssh(pin, url, address_reachable(addresses, &wants));
	else
		pin->url = pin_http(pin, url, addresses);
	add(pin->settings, NULL);
	add(pin->environment, NULL);
	return true;
}

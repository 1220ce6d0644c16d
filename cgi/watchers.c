/* SPDX-License-Identifier: MIT */
#include "cgi/watchers.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"

#define MAPPED "::ffff:"

bool watchers_check(const struct config *config, GError **error)
{
	for (char **entry = config->metrics_for; *entry; entry++) {
		g_autoptr(GInetAddressMask) mask =
			g_inet_address_mask_new_from_string(*entry, NULL);

		if (!mask)
			return fail(error, RIDA_ERROR_MALFORMED,
				    "metrics_for: \"%s\" is no address and no network such as "
				    "192.0.2.0/24",
				    *entry);
	}
	return true;
}

/* Where the request comes from: an IPv4 address that an IPv6 socket saw is that IPv4 address. */
static GInetAddress *address_of(const struct web_request *request)
{
	const char *text = web_request_parameter(request, "REMOTE_ADDR");

	if (!text || web_request_count(request, "REMOTE_ADDR") != 1)
		return NULL;
	if (g_str_has_prefix(text, MAPPED) && strchr(text, '.'))
		text += strlen(MAPPED);
	return g_inet_address_new_from_string(text);
}

static bool is_handed_on(const struct web_request *request)
{
	static const char *const headers[] = { "HTTP_FORWARDED", "HTTP_X_FORWARDED_FOR",
					       "HTTP_X_REAL_IP", "HTTP_VIA" };

	for (size_t i = 0; i < G_N_ELEMENTS(headers); i++)
		if (web_request_count(request, headers[i]))
			return true;
	return false;
}

bool watchers_admit(const struct config *config, const struct web_request *request, GError **error)
{
	g_autoptr(GInetAddress) address = is_handed_on(request) ? NULL : address_of(request);

	for (char **entry = config->metrics_for; address && *entry; entry++) {
		g_autoptr(GInetAddressMask) mask =
			g_inet_address_mask_new_from_string(*entry, NULL);

		if (mask && g_inet_address_mask_matches(mask, address))
			return true;
	}
	return fail(error, RIDA_ERROR_FORBIDDEN,
		    "metrics are for those who run this service: its operator may add your address "
		    "to metrics_for");
}

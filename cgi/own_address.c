/* SPDX-License-Identifier: MIT */
#include "cgi/own_address.h"

#include <string.h>

static bool is_this_host(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; host && i < G_N_ELEMENTS(names); i++) {
		const char *rest = g_str_has_prefix(host, names[i]) ? host + strlen(names[i]) : "-";

		if (!*rest || (*rest == ':' && !rest[1 + strspn(rest + 1, "0123456789")]))
			return true;
	}
	return false;
}

static char *without_slash(char *address)
{
	size_t length = strlen(address);

	if (length > 0 && address[length - 1] == '/')
		address[length - 1] = '\0';
	return address;
}

char *own_address(const struct web_request *request)
{
	const char *host = web_request_parameter(request, "HTTP_HOST");

	if (request->public_url && request->public_url[0])
		return without_slash(g_strdup(request->public_url));
	return is_this_host(host) ? g_strconcat("http://", host, NULL) : NULL;
}

/* SPDX-License-Identifier: MIT */
#include "cgi/identity.h"

#include <string.h>

#include "base/secret.h"
#include "model/names.h"

/* The one value of a parameter; NULL when it is absent or was sent twice. */
static const char *only_value(const struct web_request *request, const char *name)
{
	return web_request_count(request, name) == 1 ? web_request_parameter(request, name) : NULL;
}

/* Whether users of the name's realm are among those that we know. */
static bool realm_is_ours(const struct config *config, const char *user)
{
	const char *mark = strchr(user, '@');

	return !mark || !config->auth_realms || !config->auth_realms[0] ||
	       g_strv_contains((const char *const *)config->auth_realms, mark + 1);
}

char *identity_of(const struct config *config, const struct web_request *request)
{
	const char *marker, *user;

	if (config->auth != AUTH_FRONT || !config->auth_marker || !config->auth_marker[0])
		return NULL;
	marker = only_value(request, "RIDA_AUTH_BY");
	if (!marker || !secret_is(config->auth_marker, marker))
		return NULL;
	user = only_value(request, "REMOTE_USER");
	if (!user || !name_is_valid(NAME_OWNER, user) || strcmp(user, ANONYMOUS) == 0 ||
	    !realm_is_ours(config, user))
		return NULL;
	return g_strdup(user);
}

const char *identity_name(const struct web_request *request)
{
	return request->caller ? request->caller : ANONYMOUS;
}

bool identity_is_among(const struct web_request *request, char *const *users)
{
	return request->caller && users &&
	       g_strv_contains((const char *const *)users, request->caller);
}

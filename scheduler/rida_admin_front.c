/* SPDX-License-Identifier: MIT */
/*
 * check-front: whether the web server in front of rida hands on names that it has not checked.
 * What rida thinks of a caller shows only where it refuses strangers: with submit_by identified
 * (or nobody) a stranger's PATCH is answered 401 before anything else is looked at, an identified
 * caller's with 404, as build 0 never exists. So the first request, which claims nothing, must be
 * answered 401, and then every forged one too. None of them can change anything.
 */
#include "scheduler/rida_admin.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "wire/http.h"

#define TIMEOUT        30
#define STATUS_UNKNOWN 401
#define WRONG_PASSWORD "Authorization: Basic YWRtaW46eA==" /* admin:x */

/* What a stranger may send to look like "admin". */
static const char *const forgeries[] = {
	WRONG_PASSWORD,
	"Authorization: Basic YWRtaW46", /* admin without a password */
	"Authorization: Bearer admin",
	"Proxy-Authorization: Basic YWRtaW46eA==",
	"Remote-User: admin",
	"REMOTE_USER: admin",
	"X-Remote-User: admin",
	"X_REMOTE_USER: admin",
	"X-Forwarded-User: admin",
	"X-Auth-Request-User: admin",
	"HTTP_REMOTE_USER: admin",
	"Cookie: REMOTE_USER=admin",
};

/* The names under which the marker may get through; "" says nothing of it. */
static const char *const markers[] = { "", "Rida-Auth-By", "RIDA_AUTH_BY", "HTTP_RIDA_AUTH_BY" };

static const struct attempt {
	const char *method;
	const char *path;
	const char *body;
} attempts[] = {
	{ "PATCH", "/module-builds/0", "{\"state\": \"failed\"}" },
	{ "POST", "/module-builds/", "{}" },
};

static bool send_headers(const char *base, const struct attempt *attempt,
			 const char *const headers[2], unsigned *ret_status, GError **error)
{
	g_autofree char *url = g_strconcat(base, attempt->path, NULL);
	const char *all[] = { "Content-Type: application/json", headers[0], headers[1], NULL };
	const struct http_wants wants = { .url = url,
					  .timeout = TIMEOUT,
					  .private_addresses = true };
	const struct http_message message = { attempt->method, all, attempt->body };

	return http_send(&wants, &message, ret_status, error);
}

/* A caller without a name must be refused: else the answers to forged ones tell nothing. */
static bool check_stranger(const char *base, const struct attempt *attempt, GError **error)
{
	static const char *const nothing[2] = { NULL, NULL };
	unsigned status;

	if (!send_headers(base, attempt, nothing, &status, error))
		return false;
	if (status == STATUS_UNKNOWN)
		return true;
	return fail(
		error, RIDA_ERROR_CONFLICT,
		"%s %s%s without any name is answered %u, but only a 401 shows who is believed: "
		"give the URL that ends in /rida, and set submit_by to identified while checking",
		attempt->method, base, attempt->path, status);
}

static bool check_forgery(struct admin *admin, const char *base, const struct attempt *attempt,
			  const char *const headers[2], GError **error)
{
	unsigned status;

	if (!send_headers(base, attempt, headers, &status, error))
		return false;
	if (status == STATUS_UNKNOWN)
		return true;
	printf("%s %s%s with \"%s\"%s%s is answered %u, not 401: the forged name is believed\n",
	       attempt->method, base, attempt->path, headers[0], headers[1] ? " and " : "",
	       headers[1] ? headers[1] : "", status);
	admin->has_findings = true;
	return true;
}

static bool check_attempt(struct admin *admin, const char *base, const struct attempt *attempt,
			  GError **error)
{
	if (!check_stranger(base, attempt, error))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(forgeries) * G_N_ELEMENTS(markers); i++) {
		const char *name = markers[i % G_N_ELEMENTS(markers)];
		g_autofree char *marker =
			g_strdup_printf("%s: %s", name, admin->config->auth_marker);
		const char *const headers[2] = { forgeries[i / G_N_ELEMENTS(markers)],
						 *name ? marker : NULL };

		if (!check_forgery(admin, base, attempt, headers, error))
			return false;
	}
	return true;
}

bool admin_check_front(struct admin *admin, char **arguments, GError **error)
{
	char *base = arguments[0];

	if (g_str_has_suffix(base, "/"))
		base[strlen(base) - 1] = '\0';
	for (size_t i = 0; i < G_N_ELEMENTS(attempts); i++)
		if (!check_attempt(admin, base, &attempts[i], error))
			return false;
	if (admin->has_findings)
		return true;
	printf("%zu forged requests were answered 401\n",
	       G_N_ELEMENTS(attempts) * G_N_ELEMENTS(forgeries) * G_N_ELEMENTS(markers));
	return true;
}

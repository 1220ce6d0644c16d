/* SPDX-License-Identifier: MIT */
#include "ports/sandbox/sandbox.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ports/sandbox/spec_run.h"

#define PASSWD_BYTES 16384

bool sandbox_user_find(const char *name, struct sandbox_user *ret, GError **error)
{
	g_autofree char *buffer = g_malloc(PASSWD_BYTES);
	struct passwd *found = NULL;
	struct passwd entry;

	if (getpwnam_r(name, &entry, buffer, PASSWD_BYTES, &found) || !found)
		return fail(error, RIDA_ERROR_MALFORMED,
			    "there is no user \"%.64s\" here: sandbox_user must name one", name);
	if (found->pw_uid == 0 || found->pw_gid == 0)
		return fail(
			error, RIDA_ERROR_MALFORMED,
			"sandbox_user is \"%.64s\", who is root or of root's group: name an unprivileged user",
			name);
	ret->uid = found->pw_uid;
	ret->gid = found->pw_gid;
	return true;
}

bool sandbox_check(const struct sandbox_user *user, GError **error)
{
	static const char *const argv[] = { "/usr/bin/true", NULL };
	g_auto(ProcessResult) result = { 0 };
	g_autoptr(GError) problem = NULL;

	if (!spec_run("", 0, argv, user, &result, &problem))
		return fail(error, RIDA_ERROR_UNSUPPORTED,
			    "sandboxes do not work here: %s; install the package bubblewrap",
			    problem->message);
	if (result.status != 0)
		return fail(
			error, RIDA_ERROR_UNSUPPORTED,
			"sandboxes do not work here: %s; unprivileged user namespaces must be allowed "
			"(sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces > 0)",
			result.problem && *result.problem ? g_strchomp(result.problem)
							  : "bubblewrap failed");
	return true;
}

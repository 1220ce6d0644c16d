/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_SANDBOX_H
#define PORTS_BUILDER_LOCAL_SANDBOX_H

/*
 * Where everything runs that touches a component's sources or packages: bubblewrap as an
 * unprivileged user, without network. It sees /usr (with a buildroot's packages laid over it),
 * a made-up /etc, the private rpm database, and the folders that are named; it writes only what is
 * named as writable.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "ports/sandbox/sandbox.h"
#include "wire/process.h"

#define SANDBOX_HOME     "/home/build"
#define SANDBOX_DATABASE "/var/lib/rpm"

struct sandbox_bind {
	const char *source;
	const char *target; /* below / of the sandbox */
	bool is_writable;
};

struct local_sandbox {
	const struct sandbox_user *user;
	const char *overlay_program; /* rida-job, which lays one folder over another; NULL: binds do
					it */
	const char *root; /* a buildroot, its inst, etc and db; NULL: the host's /usr alone */
	const char *home; /* writable, becomes SANDBOX_HOME and its "tmp" /tmp; NULL: none */
	const struct sandbox_bind *binds;
	size_t binds_count;
	unsigned timeout; /* seconds */
	uint64_t max_memory, max_file, max_processes;
	int output_fd; /* > 0: output goes there */
	size_t output_max;
};

/* Runs argv to its end. True whenever it ran. Errors: UNAVAILABLE. */
bool local_sandbox_run(const struct local_sandbox *sandbox, const char *const *argv,
		       struct process_result *ret, GError **error);

/* As local_sandbox_run(), and it must end with 0 within its time. Errors: UNACCEPTABLE with its
 * words. */
bool local_sandbox_check(const struct local_sandbox *sandbox, const char *const *argv,
			 struct process_result *ret, GError **error);

/* Whether the kernel lets this user lay a folder over /usr; scratch is an empty folder. */
bool local_overlay_works(const char *overlay_program, const struct sandbox_user *user,
			 const char *scratch);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef PORTS_SANDBOX_SPEC_RUN_H
#define PORTS_SANDBOX_SPEC_RUN_H

/* One command in the sandbox that specs are parsed in; for sandbox.c and spec.c. */

#include "ports/sandbox/sandbox.h"
#include "wire/process.h"

#define SPEC_FILE "in.spec" /* in the sandbox's working folder */

/*
 * Runs argv (NULL-terminated, at most 16 words) with the text as SPEC_FILE. True whenever
 * bubblewrap ran, whatever became of the command. Errors: UNAVAILABLE.
 */
bool spec_run(const char *text, size_t length, const char *const *argv,
	      const struct sandbox_user *user, struct process_result *ret, GError **error);

#endif

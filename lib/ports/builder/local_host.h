/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_HOST_H
#define PORTS_BUILDER_LOCAL_HOST_H

/*
 * What the host brings into local builds: one generated package that provides the names of the
 * installed packages (also as Fedora calls them), programs, pkg-config modules and libraries, and
 * an rpm database that holds it. Made once per state of the host's own package database.
 */

#include "ports/builder/local_sandbox.h"

#define LOCAL_HOST_PACKAGE "host-provides"

/*
 * The folder with host-provides.rpm and the folder db, below cache_dir; the caller frees it.
 * aliases are further NAME=PACKAGE pairs. Errors: UNAVAILABLE, UNACCEPTABLE for a bad alias.
 */
bool local_host_ensure(const struct local_sandbox *sandbox, const char *cache_dir,
		       char *const *aliases, char **ret, GError **error);

/* The spec of such a package; provides are "NAME" or "NAME = VERSION", unclean ones are left out.
 */
char *local_host_spec(char *const *provides);

#endif

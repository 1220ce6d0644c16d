/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_HOST_FACTS_H
#define PORTS_BUILDER_LOCAL_HOST_FACTS_H

/* What this host has: its packages, programs, pkg-config modules and libraries, as provides. */

#include <glib.h>
#include <stdbool.h>

/*
 * Everything as "NAME" or "NAME = VERSION", NULL-terminated; the caller frees it. Errors:
 * UNAVAILABLE, UNACCEPTABLE for an alias that is no NAME=PACKAGE.
 */
bool local_host_facts(char *const *aliases, char ***ret, GError **error);

/* The file whose age tells whether the host's packages changed; NULL when there is none. */
const char *local_host_database(void);

/* Whether the host's rpm is Debian's, which installs nothing unless it is told so. */
bool local_host_is_debian(void);

/* A Debian version as rpm can read it: one dash, one colon. The caller frees it. */
char *local_host_version(const char *debian);

#endif

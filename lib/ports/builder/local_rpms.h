/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_LOCAL_RPMS_H
#define PORTS_BUILDER_LOCAL_RPMS_H

/*
 * The packages that one component's build gave, as their headers name them. A component's results
 * are a folder of these files and a list of them.
 */

#include <glib.h>
#include <stdbool.h>

#include "ports/builder/local_sandbox.h"

#define LOCAL_RPMS_MAX  4000
#define LOCAL_RPMS_LIST "rpms.list"

struct local_rpm {
	char *file; /* NAME-VERSION-RELEASE.ARCH.rpm */
	char *name;
	uint64_t epoch;
	char *version;
	char *release;
	char *arch; /* "src" for the source package */
	char *license;
};
void local_rpm_free(struct local_rpm *rpm);

bool local_rpm_is_source(const struct local_rpm *rpm);
/* "-debuginfo" and "-debugsource" packages. */
bool local_rpm_is_debug(const struct local_rpm *rpm);

/*
 * Asks rpm in the sandbox for the headers of the files in a folder; an array of struct local_rpm.
 * Errors: UNACCEPTABLE for headers that are not clean or do not match their file's name.
 */
bool local_rpms_query(const struct local_sandbox *sandbox, const char *folder, GPtrArray **ret,
		      GError **error);

/* Writes and reads FOLDER/rpms.list. */
bool local_rpms_write(const char *folder, const GPtrArray *rpms, GError **error);
bool local_rpms_read(const char *folder, GPtrArray **ret, GError **error);

#endif

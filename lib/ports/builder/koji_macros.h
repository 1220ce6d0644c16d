/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_MACROS_H
#define PORTS_BUILDER_KOJI_MACROS_H

/* The source package of module-build-macros. */

#include "ports/builder/koji.h"

/*
 * Makes the source package in a sandbox, which takes about a second, and puts it on the hub; what
 * the build is to be made from. Conflicts: struct macros_conflicts. The caller frees the source.
 * Errors: UNACCEPTABLE for the module's macros; of the hub; INTERNAL when rpmbuild does not work
 * here.
 */
bool koji_macros_source(struct koji_builder *koji, const struct submission *submission,
			const GArray *conflicts, char **ret, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_MACROS_PACKAGE_H
#define MODEL_MACROS_PACKAGE_H

/*
 * The package module-build-macros: the first one of each module, installed into its buildroot
 * alone. It gives every later component the module's dist tag, label and _module_* macros. Text
 * only; whoever builds it does so in a sandbox, because the author's macros are code.
 */

#include <glib.h>
#include <stdbool.h>

#define MACROS_PACKAGE_NAME       "module-build-macros"
#define MACROS_PACKAGE_SOURCE     "macros.modules"
#define MACROS_PACKAGE_AUTHOR_MAX ((size_t)65536) /* bytes of the author's macros */

struct build;

/* RPMs of one module that are kept out of the buildroot: a build system that hands on whole tags
 * cannot leave them out in another way. */
struct macros_conflicts {
	const char *module;    /* "name:stream:version:context" */
	const GPtrArray *rpms; /* struct rpm_name, in any order; of several architectures, once is
				  enough */
};

struct macros_package {
	char *spec;
	char *macros; /* the file MACROS_PACKAGE_SOURCE */
};
typedef struct macros_package MacrosPackage; /* the name that g_autoptr needs */
void macros_package_free(struct macros_package *package);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(MacrosPackage, macros_package_free)

/* Whether the author's macros (NULL: none) can be put there. Errors: UNACCEPTABLE when they are too
 * long or hold control bytes. */
bool macros_author_check(const char *author, GError **error);

/*
 * The package of a build that has its dist tag; author is the document's buildopts.rpms.macros or
 * NULL, conflicts is NULL when count is 0. The changelog's date is the build's submission, so that
 * the same build gives the same text. Errors: UNACCEPTABLE when a part of a name or the author's
 * text is not clean.
 */
bool macros_package_new(const struct build *build, const char *author,
			const struct macros_conflicts *conflicts, size_t count,
			struct macros_package **ret, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef MODEL_REQUIRES_H
#define MODEL_REQUIRES_H

/*
 * The modules that a build is built with, as they were found when it left init: recorded once, so
 * that a build that is resumed has the same ones.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

struct build_require {
	uint64_t build_id; /* whose it is */
	char *name;
	char *stream;
	uint64_t version;
	char *context;
	char *tag;     /* of the build system, to inherit from; empty: it has none */
	bool is_base;  /* what the distribution is made from, like platform */
	char *marking; /* what it adds to dist tags; empty: nothing */
	/* names of RPMs, separated by blanks; empty: none */
	char *buildroot;      /* installed into each buildroot */
	char *srpm_buildroot; /* into those that make source RPMs */
	char *filter;         /* not for other modules: kept out of each buildroot */
};
typedef struct build_require BuildRequire;
void build_require_free(struct build_require *require);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BuildRequire, build_require_free)

/* Whether the names of it are what is let in: rows that somebody else wrote must not become names
 * in a build system. Errors: INTERNAL. */
bool build_require_check(const struct build_require *require, GError **error);

/*
 * The part of the dist tag that says what a build is made for, "" for nothing: the marking of the
 * first of these modules that has one. Privileged modules come first, in the order of that list
 * (NULL-terminated), then base modules. Borrowed from the array of struct build_require.
 */
const char *requires_marking(const GPtrArray *requires, const char *const *privileged);

#endif

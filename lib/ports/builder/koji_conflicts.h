/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_CONFLICTS_H
#define PORTS_BUILDER_KOJI_CONFLICTS_H

/*
 * Packages that modules keep for themselves. A tag that is inherited cannot be filtered, so the
 * macros package, which every buildroot has, conflicts with them.
 */

#include "ports/builder/koji.h"

/* What the tags of some required modules hold. */
struct koji_contents;
typedef struct koji_contents KojiContents;

/* Asks for the contents of all these modules' tags at once: requires of each, struct build_require,
 * may be NULL. */
struct koji_contents *koji_contents_new(struct koji_builder *koji, const GPtrArray *const *requires,
					size_t count);
void koji_contents_free(struct koji_contents *contents);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KojiContents, koji_contents_free)

/* What these modules filter: struct macros_conflicts, with all that it points to. NULL: the outcome
 * has the error. */
GArray *koji_conflicts(const struct koji_contents *contents, const GPtrArray *requires,
		       struct outcome *outcome);

#endif

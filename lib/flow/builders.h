/* SPDX-License-Identifier: MIT */
#ifndef FLOW_BUILDERS_H
#define FLOW_BUILDERS_H

/* The builders of one pass: each is opened once, when a build first needs it. */

#include "base/config.h"
#include "ports/builder/builder.h"

struct builders;
typedef struct builders Builders;

struct builders *builders_new(const struct config *config);
void builders_free(struct builders *builders);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Builders, builders_free)

/* The database's clock, in microseconds since 1970, for builders that are opened from now on: hosts
 * have different ones. */
void builders_tell_time(struct builders *builders, int64_t now);

/* The open builder of that name, borrowed. One that could not be opened is not tried again. Errors:
 * as its open(). */
struct builder *builders_get(struct builders *builders, const char *name, GError **error);

/* What of the configuration builders need; borrowed from it. */
struct builder_options builders_options(const struct config *config);

#endif

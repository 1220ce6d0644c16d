/* SPDX-License-Identifier: MIT */
#ifndef FLOW_VERIFY_H
#define FLOW_VERIFY_H

/*
 * The check of a module's components: repository, commit, spec, sources. In parallel, within limits
 * per server, until a deadline. All failures are reported, not only the first. No database.
 */

#include "base/config.h"
#include "model/build.h"

enum verify_outcome {
	VERIFY_GOOD,
	VERIFY_BAD,  /* something is wrong for good */
	VERIFY_LATE, /* the deadline passed */
	VERIFY_AWAY  /* a server is away, or the sandbox does not work */
};

struct verify_result {
	enum verify_outcome outcome;
	GPtrArray *reasons;  /* char *: what is wrong or away, one line per failure */
	GPtrArray *warnings; /* char *: "component: text" */
	GPtrArray *late;     /* char *: servers that did not answer in time */
};
void verify_result_clear(struct verify_result *result);

/*
 * Checks the components (struct component; module-build-macros is left out) and sets the commit of
 * those resolved; a commit that is set already is taken instead of the ref. Bad counts more than
 * late, late more than away. With the builder "local" a spec that does not parse is bad, with
 * others a warning. Returns at the deadline, in g_get_monotonic_time() microseconds, or a few
 * seconds later.
 */
void verify_components(const struct config *config, const char *builder, GPtrArray *components,
		       int64_t deadline, struct verify_result *ret);

#endif

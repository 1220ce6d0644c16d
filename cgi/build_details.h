/* SPDX-License-Identifier: MIT */
#ifndef CGI_BUILD_DETAILS_H
#define CGI_BUILD_DETAILS_H

/* All that a build's page tells. */

#include "base/config.h"
#include "model/build.h"
#include "store/watch_store.h"

/* What there is of a component's latest attempt. */
struct component_evidence {
	char **logs;   /* file names, sorted */
	char *excerpt; /* of a failed attempt; NULL: none */
	char *excerpt_file;
	int64_t started_at; /* 0: never */
	int64_t finished_at;
};

struct build_details {
	struct build *build;   /* with components */
	GPtrArray *evidence;   /* struct component_evidence, one for each component */
	GPtrArray *trace;      /* struct trace_row */
	GPtrArray *warnings;   /* struct warning */
	GPtrArray *deliveries; /* struct delivery, the newest first; NULL: no webhook */
	struct build_watch watch;
	uint64_t slots;          /* component builds at once; 0: no limit */
	bool has_gate;           /* somebody else lets done builds through */
	const char *koji_weburl; /* borrowed from the configuration; empty: not known */
};
typedef struct build_details BuildDetails; /* the name that g_auto needs */
void build_details_clear(struct build_details *details);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BuildDetails, build_details_clear)

/* In seven statements, one more where webhooks are used, however many components there are. Errors:
 * MISSING. */
bool build_details_read(struct db *db, const struct config *config, uint64_t id,
			struct build_details *ret, GError **error);

#endif

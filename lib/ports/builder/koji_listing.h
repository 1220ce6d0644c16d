/* SPDX-License-Identifier: MIT */
#ifndef PORTS_BUILDER_KOJI_LISTING_H
#define PORTS_BUILDER_KOJI_LISTING_H

/* All build tasks of ours on a hub, page by page. */

#include "ports/builder/koji.h"

/* What is done with each, as listTasks has it; lent. */
typedef void koji_listed_fn(struct json_object *info, void *data);

/* Calls the function for each of our build tasks that were created since then (seconds since
 * 1970). False: not all were seen, and the outcome has the error. */
bool koji_list_builds(struct koji_builder *koji, int64_t since, koji_listed_fn *function,
		      void *data, struct outcome *problem);

#endif

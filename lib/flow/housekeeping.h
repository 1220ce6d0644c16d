/* SPDX-License-Identifier: MIT */
#ifndef FLOW_HOUSEKEEPING_H
#define FLOW_HOUSEKEEPING_H

/* Removes what is old, a bounded number of rows at a time, and fetched sources beyond what may be
 * kept; wakes builds that age speaks about. */

#include "base/config.h"
#include "store/db.h"

/* Changes no row outside claims when nothing is old. */
bool housekeeping_run(struct db *db, const struct config *config, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_MAINTENANCE_STORE_H
#define STORE_MAINTENANCE_STORE_H

/* Maintenance: while it is on, the web takes no submissions and no changes. The row "maintenance"
 * of counters. */

#include "store/db.h"

/* No row means off. */
bool maintenance_store_is_on(struct db *db, bool *ret, GError **error);
bool maintenance_store_set(struct db *db, bool is_on, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_AUDIT_STORE_H
#define STORE_AUDIT_STORE_H

/* What must agree between tables, for operators: looked for, and mended where that loses nothing.
 */

#include "store/db.h"

/* Everything that does not agree, as sentences (char *), at most 1,000 of a kind. Changes nothing.
 */
bool audit_store_check(struct db *db, GPtrArray **ret, GError **error);

/* Mends counters, views and claims; what was done, as sentences (char *). */
bool audit_store_repair(struct db *db, GPtrArray **ret, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef STORE_HINT_STORE_H
#define STORE_HINT_STORE_H

/* What others' messages do: builds that they may be about become due, and nothing else changes. */

#include "model/incoming.h"
#include "store/db.h"

/*
 * Makes due now what the hints are about, in few statements: only builds on their way that wait for
 * their time. Whoever works on one, an operator who holds it, and the back-off after a failure are
 * not disturbed. *ret_count: how many became due.
 */
bool hint_store_apply(struct db *db, const struct incoming *hints, size_t count,
		      uint64_t *ret_count, GError **error);

#endif

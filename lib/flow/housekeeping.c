/* SPDX-License-Identifier: MIT */
#include "flow/housekeeping.h"

#include "base/log.h"
#include "store/housekeeping_store.h"

#define HOUR UINT64_C(3600)
#define DAY  (24 * HOUR)

/* What one pass does at most; the next ones go on. */
#define ROWS_MAX   1000
#define BUILDS_MAX 100

bool housekeeping_run(struct db *db, const struct config *config, GError **error)
{
	const struct expiry expiry = {
		.outbox_age = config->outbox_days * DAY,
		.idempotency_age = config->idempotency_hours * HOUR,
		.limit = ROWS_MAX,
	};
	/* A failed build's logs and its artifacts are removed in one step, when the first of them
	 * is too old. */
	uint64_t stale_age = MIN(config->stale_days, config->log_days) * DAY;
	uint64_t removed = 0;

	if (!housekeeping_store_expire(db, &expiry, &removed, error))
		return false;
	if (removed > 0)
		log_debug("rows-expired", log_u64("rows", removed));
	return housekeeping_store_wake_old(db, config->stuck_days * DAY, stale_age, BUILDS_MAX,
					   error);
}

/* SPDX-License-Identifier: MIT */
#include "flow/housekeeping.h"

#include "base/fault.h"
#include "base/log.h"
#include "ports/builder/local_cache.h"
#include "store/housekeeping_store.h"

#define HOUR UINT64_C(3600)
#define DAY  (24 * HOUR)

/* What one pass does at most; the next ones go on. */
#define ROWS_MAX   1000
#define BUILDS_MAX 100

/* That a file cannot be removed stops nobody: an operator reads it. */
static void trim_cache(const struct config *config)
{
	const struct cache_terms terms = {
		.cache_dir = config->cache_dir,
		.max_bytes = config->lookaside_cache_max,
		.max_age = config->lookaside_cache_days * DAY,
	};
	g_autoptr(GError) problem = NULL;
	uint64_t removed = 0;

	if (!local_cache_trim(&terms, &removed, &problem))
		log_warning("lookaside-cache-not-trimmed", log_error_text(problem));
	else if (removed > 0)
		log_debug("lookaside-cache-trimmed", log_u64("files", removed));
}

bool housekeeping_run(struct db *db, const struct config *config, GError **error)
{
	const struct expiry expiry = {
		.outbox_age = config->outbox_days * DAY,
		.idempotency_age = config->idempotency_hours * HOUR,
		.delivery_age = config->delivery_days * DAY,
		.limit = ROWS_MAX,
	};
	/* A failed build's logs and its artifacts are removed in one step, when the first of them
	 * is too old. */
	uint64_t stale_age = MIN(config->stale_days, config->log_days) * DAY;
	uint64_t removed = 0;

	trim_cache(config);
	if (!housekeeping_store_expire(db, &expiry, &removed, error) ||
	    !fault_point(FAULT_AFTER_EXPIRE, error))
		return false;
	if (removed > 0)
		log_debug("rows-expired", log_u64("rows", removed));
	return housekeeping_store_wake_old(db, config->stuck_days * DAY, stale_age, BUILDS_MAX,
					   error);
}

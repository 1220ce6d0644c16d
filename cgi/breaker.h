/* SPDX-License-Identifier: MIT */
#ifndef CGI_BREAKER_H
#define CGI_BREAKER_H

/*
 * Remembers, for all workers of a pool, that the database hangs: after a slow failure requests are
 * answered at once for some seconds; then one of them tries again, and the others still do not
 * wait. Lives in memory shared by the workers; times are microseconds of one monotonic clock.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct breaker {
	_Atomic int64_t open_until; /* 0: closed */
};

/* A breaker in memory that children of this process share. Never freed. */
struct breaker *breaker_new_shared(void);

/* Whether the database may be asked now. After the pause true for one caller at a time. */
bool breaker_allows(struct breaker *breaker, int64_t now);

/* What came of asking: a failure counts when it was slow. */
void breaker_report(struct breaker *breaker, bool is_good, int64_t began, int64_t now);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TESTS_UNIT_SWAPPER_H
#define TESTS_UNIT_SWAPPER_H

/* A thread that swaps two names as fast as it can, for races between looking and opening. */

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>

#include <glib.h>

struct swapper {
	const char *one;
	const char *other;
	GThread *thread;
	int stop;
	unsigned swaps;
	int64_t until; /* monotonic microseconds: so long the races go on that show one side only */
};

static inline void *swapper_live(void *data)
{
	struct swapper *swapper = data;

	while (!g_atomic_int_get(&swapper->stop))
		if (renameat2(AT_FDCWD, swapper->one, AT_FDCWD, swapper->other, RENAME_EXCHANGE) ==
		    0)
			swapper->swaps++;
	return NULL;
}

static inline void swapper_start(struct swapper *swapper)
{
	swapper->until = g_get_monotonic_time() + 30 * G_USEC_PER_SEC;
	swapper->thread = g_thread_new("swapper", swapper_live, swapper);
}

/* Whether to go on until both sides were seen; lets the other thread run, on one processor too. */
static inline bool swapper_waits(const struct swapper *swapper, bool both_were_seen)
{
	g_thread_yield();
	return !both_were_seen && g_get_monotonic_time() < swapper->until;
}

/* Returns how often the names were swapped. */
static inline unsigned swapper_stop(struct swapper *swapper)
{
	g_atomic_int_set(&swapper->stop, 1);
	g_thread_join(swapper->thread);
	return swapper->swaps;
}

#endif

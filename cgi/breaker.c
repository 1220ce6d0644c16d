/* SPDX-License-Identifier: MIT */
#include "cgi/breaker.h"

#include <glib.h>
#include <sys/mman.h>

#define PAUSE (5 * G_USEC_PER_SEC)
#define PROBE (3 * G_USEC_PER_SEC)
#define SLOW  (G_USEC_PER_SEC / 2)

struct breaker *breaker_new_shared(void)
{
	void *memory = mmap(NULL, sizeof(struct breaker), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	g_assert(memory != MAP_FAILED);
	return memory;
}

bool breaker_allows(struct breaker *breaker, int64_t now)
{
	int64_t until = atomic_load(&breaker->open_until);

	if (until == 0)
		return true;
	return now >= until &&
	       atomic_compare_exchange_strong(&breaker->open_until, &until, now + PROBE);
}

void breaker_report(struct breaker *breaker, bool is_good, int64_t began, int64_t now)
{
	if (is_good && atomic_load(&breaker->open_until) != 0)
		atomic_store(&breaker->open_until, 0);
	else if (!is_good && now - began >= SLOW)
		atomic_store(&breaker->open_until, now + PAUSE);
}

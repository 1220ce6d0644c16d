/* SPDX-License-Identifier: MIT */
#include "cgi/range.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

#include "base/strict.h"

static const struct byte_range whole = { RANGE_WHOLE, 0, 0 };
static const struct byte_range outside = { RANGE_OUTSIDE, 0, 0 };

/* "-N": the last N bytes. */
static struct byte_range read_suffix(const char *text, uint64_t size)
{
	uint64_t count;

	if (!strict_u64(text, 0, UINT64_MAX, &count, NULL))
		return whole;
	if (count == 0 || size == 0)
		return outside;
	return (struct byte_range){ RANGE_PART, size - MIN(count, size), size - 1 };
}

struct byte_range range_read(const char *header, uint64_t size)
{
	g_auto(GStrv) ends = NULL;
	uint64_t first, last = UINT64_MAX;

	if (!header || g_ascii_strncasecmp(header, "bytes=", 6) != 0 || strchr(header, ','))
		return whole;
	ends = g_strsplit(header + 6, "-", 3);
	if (g_strv_length(ends) != 2)
		return whole;
	if (!ends[0][0])
		return read_suffix(ends[1], size);
	if (!strict_u64(ends[0], 0, UINT64_MAX, &first, NULL))
		return whole;
	if (ends[1][0] && !strict_u64(ends[1], first, UINT64_MAX, &last, NULL))
		return whole;
	if (first >= size)
		return outside;
	return (struct byte_range){ RANGE_PART, first, MIN(last, size - 1) };
}

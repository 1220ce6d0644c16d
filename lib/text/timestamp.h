/* SPDX-License-Identifier: MIT */
#ifndef TEXT_TIMESTAMP_H
#define TEXT_TIMESTAMP_H

/* Points in time: microseconds since 1970-01-01T00:00:00Z; 0 is "never" and is written as nothing.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Reads YYYY-MM-DDTHH:MM:SS[.ffffff]Z, or +00:00 for Z, and nothing else. Errors: MALFORMED. */
bool timestamp_read(const char *text, int64_t *ret, GError **error);

/* YYYY-MM-DDTHH:MM:SSZ; the caller frees it. NULL for 0. */
char *timestamp_write(int64_t time);

/* YYYYMMDDHHMMSS as a number, the version of a module that was committed at that second (UTC). */
uint64_t timestamp_version(int64_t time);

#endif

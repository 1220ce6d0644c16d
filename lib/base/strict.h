/* SPDX-License-Identifier: MIT */
#ifndef BASE_STRICT_H
#define BASE_STRICT_H

/*
 * Strict reading of numbers and names: the whole text counts, nothing is skipped, nothing wraps.
 * "12abc", "+3", " 4", "0x5" and "" are no numbers. A failure says what is allowed.
 */

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

/* Decimal digits only, min <= value <= max. Errors: MALFORMED. */
bool strict_u64(const char *text, uint64_t min, uint64_t max, uint64_t *ret, GError **error);

/* Decimal digits with an optional leading minus sign. Errors: MALFORMED. */
bool strict_i64(const char *text, int64_t min, int64_t max, int64_t *ret, GError **error);

/* "true" or "false". Errors: MALFORMED. */
bool strict_bool(const char *text, bool *ret, GError **error);

/* What a name may look like: the first byte is of first, the others are of rest, ASCII only. */
struct strict_charset {
	const char *first; /* extra bytes beside letters and digits, which are always allowed */
	const char *rest;
	size_t max; /* bytes */
};

/* Whether the whole text fits the character set and is not empty. */
bool strict_name(const char *text, const struct strict_charset *set);

/* What a stranger wrote, for a message: at most 40 bytes of it, escaped as in C, and "..." when it
 * is longer. The caller frees it. */
char *strict_shown(const char *text);

/* Whether text is exactly length lower-case hexadecimal digits. */
bool strict_hex(const char *text, size_t length);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TEXT_JSON_SCAN_H
#define TEXT_JSON_SCAN_H

/* The grammar of RFC 8259, checked before json-c sees a text: it lets through much that is no JSON.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Whether the whole text, which is UTF-8, is one JSON value within the caps, without a key that
 * stands twice in its object. Errors: MALFORMED with the place where reading stopped.
 */
bool json_scan(const char *text, size_t length, unsigned depth_max, GError **error);

/* Fails with MALFORMED, naming line and column of the byte. */
bool json_fail(const char *text, size_t at, const char *problem, GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TEXT_JSON_SCAN_H
#define TEXT_JSON_SCAN_H

/* The grammar of RFC 8259, checked before json-c sees a text: it lets through much that is no JSON.
 */

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Whether the whole text is one JSON value within the caps. *ret_members is the number of object
 * members in it, so that the reader can tell whether some were lost to duplicate keys. Errors:
 * MALFORMED with the byte where reading stopped.
 */
bool json_scan(const char *text, size_t length, unsigned depth_max, size_t *ret_members,
	       GError **error);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TEXT_ADLER32_H
#define TEXT_ADLER32_H

/* The checksum of RFC 1950, which Koji checks uploads with and GLib does not have. */

#include <stddef.h>
#include <stdint.h>

#define ADLER32_START 1 /* of no bytes at all */

/* The checksum of what sum is of, and these bytes after it. */
uint32_t adler32_add(uint32_t sum, const void *bytes, size_t length);

#endif

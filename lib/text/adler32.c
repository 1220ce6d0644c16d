/* SPDX-License-Identifier: MIT */
#include "text/adler32.h"

#include <glib.h>

#define MODULUS 65521
/* So many bytes of 255 can be added before 32 bits overflow. */
#define BYTES_AT_ONCE 5552

uint32_t adler32_add(uint32_t sum, const void *bytes, size_t length)
{
	const uint8_t *byte = bytes;
	uint32_t low = sum & 0xffff, high = sum >> 16;

	while (length > 0) {
		const size_t count = MIN(length, BYTES_AT_ONCE);

		for (size_t i = 0; i < count; i++) {
			low += *byte++;
			high += low;
		}
		low %= MODULUS;
		high %= MODULUS;
		length -= count;
	}
	return high << 16 | low;
}

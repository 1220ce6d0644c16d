/* SPDX-License-Identifier: MIT */
/*
 * Reaches the reader and the writer of XML-RPC: whatever pieces the bytes come in, they are read
 * the same or refused without leaving anything, and what was read is written as what reads the
 * same.
 */
#include "tests/fuzz/fuzz.h"

#include "tests/unit/text/xmlrpc_reading.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GRand) random = g_rand_new_with_seed((guint32)size);

	g_assert_cmpstr(reading_problem(random, (const char *)data, size), ==, NULL);
	return 0;
}

/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

/*
 * A fuzz target takes any bytes and must neither crash, hang nor break what it asserts. Linked
 * with fuzz_main.c it runs seed files as an ordinary test; built by clang with -fsanitize=fuzzer
 * instead, libFuzzer drives it:
 *
 *	clang -fsanitize=fuzzer,address tests/fuzz/fuzz_url.c -Ilib … && ./a.out
 *tests/fuzz/seeds/url
 */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

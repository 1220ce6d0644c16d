/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

/*
 * A fuzz target takes any bytes and must neither crash, hang, leak nor break what it asserts. As a
 * test it runs over seeds (fuzz_main.c); "make fuzz" lets libFuzzer drive it (fuzz.sh).
 */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif

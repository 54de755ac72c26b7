/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_FUZZ_H
#define DCC_TEST_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* libFuzzer's entry, which replay.c calls too. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input. */
static inline void
check(bool holds)
{
	if (!holds)
		abort();
}

#endif

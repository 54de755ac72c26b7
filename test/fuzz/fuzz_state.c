/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What get accepts, put gives back byte for byte. So that the sum does not keep the fuzzer out, it is
 * set right first; the bytes as they came are tried too.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "state.h"

#define SUM_AT 12u
#define SUMMED_AT 16u

static void
fix_sum(unsigned char record[STATE_SIZE])
{
	uint32_t sum = 2166136261u;

	for (size_t i = SUMMED_AT; i < STATE_SIZE; i++)
		sum = (sum ^ record[i]) * 16777619u;
	for (size_t i = 0; i < 4; i++)
		record[SUM_AT + i] = (unsigned char)(sum >> (8 * i));
}

static void
check_record(const unsigned char record[STATE_SIZE])
{
	unsigned char again[STATE_SIZE];
	struct state s;

	if (state_get(record, &s) != OK)
		return;
	if (state_phase_name(s.phase)[0] == '\0' || state_mode_name(s.mode)[0] == '\0')
		abort();
	state_put(&s, again);
	if (memcmp(record, again, STATE_SIZE) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char record[STATE_SIZE] = {0};

	if (size != 0)
		memcpy(record, data, size < STATE_SIZE ? size : STATE_SIZE);
	check_record(record);
	fix_sum(record);
	check_record(record);
	return 0;
}

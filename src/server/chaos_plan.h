/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CHAOS_PLAN_H
#define DCC_CHAOS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What --chaos asks for, and what one connection gets of it: "drop:1%,delay:50ms,truncate:0.5%,flip:0.1%,kill:1%,full:0.5%,slow:3x".
 * Pure: the dice are given.
 */
enum chaos_rate {
	CHAOS_DROP,     /* connections that are reset */
	CHAOS_TRUNCATE, /* connections of which one direction ends early */
	CHAOS_KILL,     /* jobs of which one process is killed */
	CHAOS_FULL,     /* jobs that can write no long file */
	CHAOS_FLIP,     /* pieces of bytes of which one bit is another */
	CHAOS_RATES
};

struct chaos_plan {
	bool is_on;
	uint32_t rates[CHAOS_RATES]; /* in a million */
	int64_t delay_ms;            /* of each piece */
	int64_t slowness_percent;    /* of the volunteer: 300 is three times as slow; 0 or 100: as it is */
};

#define CHAOS_NEVER UINT64_MAX

struct chaos_fate {
	uint64_t drop_at;     /* bytes in both directions together; CHAOS_NEVER */
	uint64_t truncate_at; /* bytes of one direction; CHAOS_NEVER */
	bool cuts_answer;     /* truncated is what the volunteer says */
	uint64_t kill_ms;     /* after the connection; CHAOS_NEVER */
	uint64_t file_max;    /* bytes of a file; CHAOS_NEVER */
	uint64_t dice;
};

/* ERR_USAGE: *error (yours) is a sentence. */
enum err
chaos_plan_parse(const char *text, struct chaos_plan *plan, char **error);
/* seed: any number, another one for each connection. */
void
chaos_plan_cast(const struct chaos_plan *plan, uint64_t seed, struct chaos_fate *fate);
/* The next number of the dice. */
uint64_t
chaos_plan_roll(uint64_t *dice);
/* Does what happens so often happen now? */
bool
chaos_plan_happens(const struct chaos_plan *plan, enum chaos_rate rate, uint64_t *dice);

#endif

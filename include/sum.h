/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SUM_H
#define DCC_SUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * A check sum of a stream of bytes (XXH64, seed 0): finds what a broken memory, network card or middle box
 * has changed. Whoever changes bytes on purpose changes it as well: against them TLS and ssh help. Pure.
 */
#define SUM_WORDS 11

struct sum {
	uint64_t state[SUM_WORDS]; /* XXH64_state_t, whose header is too long for every user of this one */
};

void
sum_init(struct sum *s);
void
sum_add(struct sum *s, const void *data, size_t len);
/* Of all that was added so far; more may be added. */
uint64_t
sum_value(const struct sum *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TALLY_H
#define DCC_TALLY_H

#include <stdint.h>

#include "buffer.h"
#include "closure.h"
#include "shipping.h"
#include "unmodelled.h"

/* What the include server has done so far: --statistics. */

/* Steps whose time is taken. */
enum tally_step { TALLY_SCAN, TALLY_DIGEST, TALLY_SHIP, TALLY_WAIT, TALLY_STEPS };

struct tally {
	int64_t start_ms;
	uint64_t asked, rescans, listed, differed, wants, delivered, abandoned;
	uint64_t unmodelled[UNMODELLED_COUNT]; /* [UNMODELLED_NONE]: jobs for pump mode */
	uint64_t connections, most_at_once, busies;
	uint64_t audits, audits_bad;
	struct {
		uint64_t count, total_us, longest_us;
	} steps[TALLY_STEPS];
};

/* Adds the time since start_us, of io_now_us, to a step. */
void
tally_add(struct tally *t, enum tally_step step, int64_t start_us);
/* The lines of --statistics: "name value", and "reason WORD COUNT". */
void
tally_format(const struct tally *t, struct closure *c, const struct shipping *s, struct buffer *out);

#endif

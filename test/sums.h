/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_SUMS_H
#define DCC_TEST_SUMS_H

#include <string.h>

#include "buffer.h"
#include "sum.h"
#include "wire.h"

/* Where the sum stands in a Run or a Result, or 0. */
static inline size_t
sums_place(const unsigned char *frame, size_t len)
{
	bool has_sum = frame[4] == WIRE_RUN || frame[4] == WIRE_RESULT;

	return has_sum && len >= 8 ? WIRE_HEADER_SIZE + len - 8 : 0;
}

/*
 * Gives each Run and Result in b, whole frames of one side, the sum of what that side has sent before; s goes
 * on from one buffer to the next. DCC1 may stand first.
 */
static inline void
sums_set(struct sum *s, struct buffer *b)
{
	size_t at = 0;

	if (b->len >= WIRE_MAGIC_SIZE && memcmp(b->data, WIRE_MAGIC, WIRE_MAGIC_SIZE) == 0) {
		at = WIRE_MAGIC_SIZE;
		sum_add(s, b->data, at);
	}
	while (b->len - at >= WIRE_HEADER_SIZE) {
		unsigned char *p = b->data + at;
		size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

		if (len > b->len - at - WIRE_HEADER_SIZE)
			break;
		size_t place = sums_place(p, len);

		for (size_t i = 0; place != 0 && i < 8; i++)
			p[place + i] = (unsigned char)(sum_value(s) >> (56 - 8 * i));
		sum_add(s, p, WIRE_HEADER_SIZE + len);
		at += WIRE_HEADER_SIZE + len;
	}
	/* Half a frame, or none at all. */
	if (at < b->len)
		sum_add(s, b->data + at, b->len - at);
}

#endif

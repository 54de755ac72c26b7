/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SILENCE_H
#define DCC_SILENCE_H

#include <stdint.h>

#include "err.h"

/*
 * The silence of a volunteer: nothing comes from it, and it takes nothing of what was sent. What the kernel still
 * carries over a slow network counts as progress, not as silence.
 */
struct silence {
	int fd;               /* its socket; borrowed */
	int64_t limit_ms;     /* so long it may last */
	int64_t deadline_ms;  /* in io_now_ms()'s time */
	int untaken;          /* bytes sent that were not taken when it began */
};

/* It begins anew: something came, something went, or it is our turn. */
void
silence_begin(struct silence *s);
/* Once the deadline has passed: ERR_TIMEOUT, or OK and anew when bytes were taken meanwhile. */
enum err
silence_judge(struct silence *s);

#endif

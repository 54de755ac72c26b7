/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CONTROL_H
#define DCC_CONTROL_H

#include <stdint.h>

#include "err.h"

/*
 * What the listener and a job say to each other, over a SOCK_SEQPACKET pair: one struct a message.
 *
 *     job: HOLDS   so much of its request (number = MiB) is on disk by now
 *     job: WANT    the request is complete; again while it waits: "where am I?"
 *     listener: GO, or QUEUED (number = jobs ahead), or FULL, or STOPPING
 *     job: FREE    the compiler has ended: its slot can be given away, the reply follows (number = MiB of it, in memory)
 *     job: REPORT  what became of it, for the statistics
 *     job: CHANGED compilers changed on disk: their new identities are in the directory
 */
enum control_type {
	CONTROL_WANT = 1,
	CONTROL_GO,
	CONTROL_QUEUED,
	CONTROL_FULL,
	CONTROL_STOPPING,
	CONTROL_FREE,
	CONTROL_REPORT,
	CONTROL_CHANGED,
	CONTROL_HOLDS
};

/* How a connection ended, in the words of distcc's statistics. */
enum control_outcome {
	OUTCOME_COMPILE_OK,
	OUTCOME_COMPILE_ERROR,
	OUTCOME_COMPILE_TIMEOUT,
	OUTCOME_CLIENT_GONE,
	OUTCOME_BAD_REQUEST,
	OUTCOME_OVERLOAD,
	OUTCOME_OTHER,
	OUTCOMES
};

#define CONTROL_NAME_MAX 128

struct control {
	uint32_t type;    /* enum control_type */
	uint32_t number;  /* QUEUED: jobs ahead; FREE, HOLDS: MiB; REPORT: enum control_outcome */
	uint32_t is_pump; /* REPORT: 1 for a job in pump mode */
	int64_t wall_ms;  /* REPORT: of the compiler */
	int64_t peak_kb;  /* REPORT: largest process of the compile */
	char compiler[CONTROL_NAME_MAX];
	char source[CONTROL_NAME_MAX];
};

/* Never blocks. ERR_CLOSED when the other side is gone or does not read. */
enum err
control_send(int fd, const struct control *c);
/* Never blocks: ERR_BUSY when nothing is there, ERR_CLOSED at the end or for anything that is no message. */
enum err
control_receive(int fd, struct control *c);

#endif

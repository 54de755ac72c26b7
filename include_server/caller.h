/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CALLER_H
#define DCC_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "scan.h"
#include "shipping.h"

/*
 * One connection to the include server: its bytes and where it stands. It never blocks, and reads nothing while there
 * is something that was asked and not answered.
 */
enum caller_stage {
	CALLER_TALKS,   /* its message is not complete yet */
	CALLER_ASKED,   /* it waits for its turn */
	CALLER_WAITS,   /* another job brings what its host needs */
	CALLER_GETS,    /* wanted blobs follow one by one */
	CALLER_STAYS,   /* it has told us to stop: the close, when we end, is its answer */
	CALLER_OVER     /* to be closed once everything is written */
};

struct caller {
	int fd;
	enum caller_stage stage;
	struct buffer in, out;
	size_t out_done;
	enum scan_type asked;
	struct scan_request request;  /* of Ask, List, Differs */
	struct shipment *shipment;    /* of Ask */
	struct shipment_expectation expected;
	unsigned scans;               /* of its request so far */
	struct scan_want want;
	int64_t spoke_ms;             /* when something was last written, or it came */
	int64_t waits_since_us;
	bool is_known;                /* everything was delivered */
	uint64_t turn;                /* those who asked first come first */
	bool is_foreign;              /* it speaks another version */
	bool is_gone;                 /* closed by the other side, or broken: nothing more can be written */
};

/* Takes fd. Yours. */
struct caller *
caller_new(int fd, int64_t now_ms);
void
caller_free(struct caller *c);
/* The events it waits for, as poll(2) bits. */
short
caller_events(const struct caller *c);
/* Reads what there is. A whole message moves it from CALLER_TALKS on; *has_asked: it did. */
void
caller_read(struct caller *c, bool *has_asked);
void
caller_write(struct caller *c, int64_t now_ms);
/* Has it to hear from us, and does nothing wait to be written? */
bool
caller_is_waiting(const struct caller *c);
/* Bytes that wait to be written. */
size_t
caller_backlog(const struct caller *c);
/* Back to CALLER_TALKS: its request is answered. */
void
caller_settle(struct caller *c);

#endif

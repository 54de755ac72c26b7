/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DESK_H
#define DCC_DESK_H

#include <stdbool.h>

#include "audit.h"
#include "caller.h"
#include "closure.h"
#include "parcels.h"
#include "shipping.h"
#include "tally.h"

/* What the include server does for a caller: from its request to the bytes of the answer. */
struct desk {
	struct closure *closure;
	struct shipping *shipping;
	struct audit *audit;
	struct tally tally;
	struct parcels_alive alive; /* called while it takes long */
	bool must_stop;             /* somebody asked for it */
};

/* A CALLER_ASKED gets its answer, or becomes a CALLER_WAITS. */
void
desk_request(struct desk *d, struct caller *c);
/* A CALLER_WAITS goes on when nobody brings what it needs. */
void
desk_waiting(struct desk *d, struct caller *c);
/* A CALLER_GETS gets more, as long as there is room. */
void
desk_more(struct desk *d, struct caller *c);
/* An audit that has ended is judged, the next one begins. */
void
desk_audit(struct desk *d);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SCHED_H
#define DCC_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "err.h"
#include "hosts.h"
#include "locks.h"
#include "reason.h"
#include "state.h"
#include "userdir.h"

/* Picks a host and a slot of it; slot-major in list order, as distcc does. */
struct sched {
	struct hosts hosts;
	const struct userdir *dirs;  /* borrowed */
	struct state_writer *state;  /* borrowed: shows Blocked */
	int64_t backoff_ms;
	bool *is_tried;              /* per host: failed for this very job */
};

struct sched_place {
	const struct host *host; /* borrowed from the sched; HOST_LOCAL: compile here under this lock */
	unsigned slot;
	struct lock lock;
};
#define SCHED_PLACE_INIT {.lock = LOCK_INIT}

/*
 * Reads the host list: DCC_HOSTS, DISTCC_HOSTS, DIR/hosts, ~/.distcc/hosts, /etc/dcc/hosts,
 * /etc/distcc/hosts; the first that exists wins. ERR_USAGE: a bad list (logged with file, place and
 * cause) or back-off period; ERR_MISSING: none anywhere, or an empty one. *s is usable for local
 * slots in every case. userdir's {0} (no place for locks) will do.
 */
enum err
sched_init(struct sched *s, const struct config *c, const struct userdir *dirs,
           struct state_writer *state);
void
sched_release(struct sched *s);
/*
 * Takes a slot of a host that is not down, not backed off, not tried by this job and not known to
 * lack the compiler digest (NULL: no matter); waits while all are busy. ERR_MISSING with *why
 * (REASON_NO_HOSTS, REASON_BACKED_OFF, REASON_COMPILER) when no host is left; ERR_SYSTEM with
 * REASON_NO_STATE where no locks can be kept; ERR_CLOSED when a stop signal was caught.
 */
enum err
sched_take(struct sched *s, const char *digest, struct sched_place *place, enum reason *why);
void
sched_place_release(struct sched_place *place);
/* Never choose this host again for this job. */
void
sched_exclude(struct sched *s, const struct host *h);
/*
 * A slot for work on this machine: compiling or linking, or preprocessing. ERR_CLOSED as above;
 * ERR_SYSTEM: go without.
 */
enum sched_local { SCHED_LOCAL_COMPILE, SCHED_LOCAL_CPP };
enum err
sched_take_local(struct sched *s, enum sched_local what, struct lock *lock);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CHAOS_H
#define DCC_CHAOS_H

#include "chaos_plan.h"

/*
 * Trouble on purpose, for tests: a process between the client and its job that loses, changes and holds up bytes,
 * kills what the job runs, and lets its disk be full. The job itself does not know of it. Each fault is one line of the log.
 */

/* To be called in the job's process, before anything else is done there. */
struct chaos_edge {
	const struct chaos_plan *plan;
	const char *client; /* for the log */
	int control_fd;     /* of the job: not to be held open */
};

/* *fd, the client's connection, becomes the job's end of the way through the chaos. ERR_SYSTEM: it is as it was. */
enum err
chaos_enter(const struct chaos_edge *edge, int *fd);

#endif

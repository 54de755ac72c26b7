/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CHILD_H
#define DCC_CHILD_H

#include <sys/socket.h>
#include <sys/types.h>

#include "jobtable.h"
#include "listener.h"
#include "reason.h"
#include "stats.h"

/* The listener's children: each serves one connection in a process of its own, forked without an exec. */
struct child_context {
	const struct listener_setup *setup; /* borrowed, as all below */
	const struct jobtable *table;       /* its fds are closed in the child */
	const struct stats *stats;
};

struct child {
	pid_t pid;
	int control_fd; /* our end of the pair over which the job asks for a slot; yours */
};

/*
 * Forks a job for the connection; takes client. why other than NONE: it is refused politely instead of served. ERR_SYSTEM: no
 * process could be made (logged).
 */
enum err
child_start_job(const struct child_context *c, int client, const struct sockaddr_storage *from,
                enum reason why, struct child *child);
/* Forks a process that answers with the statistics; takes client. */
enum err
child_start_stats(const struct child_context *c, int client, pid_t *pid);

#endif

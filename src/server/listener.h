/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LISTENER_H
#define DCC_LISTENER_H

#include "confinement.h"
#include "logfile.h"
#include "settings.h"
#include "sockets.h"
#include "tls.h"
#include "toolchain.h"

/*
 * Owns the ports and the table of jobs; reads nothing from a client. Accepts, checks the access
 * list, forks a job for each connection, and hands out processor slots.
 */
struct listener_setup {
	const struct settings *settings; /* borrowed, as all below */
	struct toolchain *toolchain;
	const struct confinement *confinement;
	struct tls *tls;                 /* NULL: not set up */
	bool offers_pump;
	struct sockets *jobs;            /* closed when the daemon stops */
	struct sockets *stats;
	struct logfile *log;             /* opened again at SIGHUP */
	int pid_fd;                      /* of the pid file, or -1: closed in each child */
};

/* Blocks and catches the signals that listener_run obeys: called early, so that none ends us before it runs. */
void
listener_catch_signals(void);
/*
 * Serves until SIGTERM, SIGINT or the end of --lifetime; then lets running jobs finish for a while, and ends those
 * that do not. SIGHUP opens the log file again.
 */
void
listener_run(const struct listener_setup *setup);

#endif

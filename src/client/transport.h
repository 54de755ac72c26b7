/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TRANSPORT_H
#define DCC_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "hosts.h"

/* A stream to a host: TCP, or a helper's standard input and output: ssh, or dcc-tls over TCP. */
struct connection {
	int fd;         /* a non-blocking socket; -1 when closed */
	pid_t helper_pid; /* 0 for TCP */
};
#define CONNECTION_INIT {.fd = -1}

struct transport_setup {
	const char *ssh_words; /* DCC_SSH, split at blanks */
	bool has_own_ssh;      /* it is set: called for each job, as it is */
	char *dir;             /* the user's directory, for what helpers keep */
};

/*
 * Tries each address of the host before the deadline. ERR_CONNECT with *why (yours) in words; ERR_DENIED when a side does not
 * accept the other's key or certificate; ERR_CLOSED when a stop signal was caught.
 */
enum err
transport_connect(const struct host *h, const struct transport_setup *setup, int64_t deadline_ms,
                  struct connection *c, char **why);
/* Closes, and ends and reaps the helper. Safe on INIT and twice. */
void
transport_close(struct connection *c);

#endif

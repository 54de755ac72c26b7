/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TRANSPORT_H
#define DCC_TRANSPORT_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "hosts.h"

/* A stream to a host: TCP, or the standard input and output of ssh. */
struct connection {
	int fd;         /* a non-blocking socket; -1 when closed */
	pid_t ssh_pid;  /* 0 for TCP */
};
#define CONNECTION_INIT {.fd = -1}

/*
 * Tries each address of the host before the deadline. ssh_words is DCC_SSH, split at blanks. ERR_CONNECT with *why (yours) in words;
 * ERR_CLOSED when a stop signal was caught.
 */
enum err
transport_connect(const struct host *h, const char *ssh_words, int64_t deadline_ms,
                  struct connection *c, char **why);
/* Closes, and ends and reaps ssh. Safe on INIT and twice. */
void
transport_close(struct connection *c);

#endif

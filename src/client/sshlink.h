/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SSHLINK_H
#define DCC_SSHLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "hosts.h"

/*
 * One ssh connection per host for all jobs of a user: ssh forwards a socket in his directory to one there, at which a dccd listens that the
 * same ssh has started. A job costs a connect(2), as over TCP. Whoever comes first starts it; it ends when nobody has used it for a while.
 */

/* A dccd is to be started there, and the socket's name is short enough. */
bool
sshlink_fits(const struct host *h, const char *dir);
/* *fd is a non-blocking socket. What ssh needs after it has connected comes on top of the deadline. ERR_CONNECT with *why (yours), ERR_CLOSED after a stop signal. */
enum err
sshlink_connect(const struct host *h, const char *dir, int64_t deadline_ms, int *fd, char **why);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_RELAY_H
#define DCC_RELAY_H

#include "err.h"
#include "tls.h"

/*
 * Carries bytes between dcc (local_fd, a socket, both ways) and the volunteer (over stream on remote_fd, non-blocking) until one of them
 * ends. ERR_CLOSED: as it should. Anything else: the stream broke.
 */
enum err
relay_run(struct tls_stream *stream, int remote_fd, int local_fd);
/* The handshake; ends as ERR_CLOSED when dcc goes away meanwhile, as ERR_TIMEOUT at the deadline. *why is yours, where there is one. */
enum err
relay_handshake(struct tls_stream *stream, int remote_fd, int local_fd, int64_t deadline_ms, char **why);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_NOTIFY_H
#define DCC_NOTIFY_H

#include <stddef.h>

/*
 * What a service manager says and hears (sd_listen_fds(3), sd_notify(3)), without its library: two
 * environment variables and one datagram.
 */
#define NOTIFY_FIRST_FD 3

/* How many listening sockets were handed over from NOTIFY_FIRST_FD on; they become close-on-exec and the variables are
 * removed. 0: none, or they are another process's. */
size_t
notify_take_sockets(void);
/* Sends "READY=1" and such to $NOTIFY_SOCKET; without one, or when nobody listens, nothing happens. */
void
notify_send(const char *state);

#endif

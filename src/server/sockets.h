/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SOCKETS_H
#define DCC_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "strv.h"

/* The listening sockets of one port. */
#define SOCKETS_MAX 64

struct sockets {
	int fds[SOCKETS_MAX];
	size_t count;
};

/*
 * Binds and listens on each address of names (empty: every address, IPv4 and IPv6); port 0: on any port. ERR_CONNECT: *error (yours) is a
 * sentence with address, port and cause.
 */
enum err
sockets_open(struct sockets *s, const struct strv *names, unsigned port, char **error);
/* Adds a socket that somebody else bound; takes fd. ERR_USAGE: it is none, or does not listen. */
enum err
sockets_adopt(struct sockets *s, int fd);
/* Can nobody but this machine reach any of them? */
bool
sockets_are_loopback(const struct sockets *s);
void
sockets_close(struct sockets *s);
/* A client whose machine acknowledges nothing for so long is gone. */
#define SOCKETS_VANISHED_MS 60000u
/* Accepts one connection, close-on-exec; -1 with errno. */
struct sockaddr_storage;
int
sockets_accept(int fd, struct sockaddr_storage *from);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_MEETING_H
#define DCC_MEETING_H

#include "err.h"
#include "userdir.h"

/*
 * Where dcc and the include server meet: a socket in the user's directory. Each view of the file
 * system has its own, named after the mount namespace and the root: in a container that shares
 * the directory the same path may be another file.
 */
struct meeting {
	char *dir;      /* include-server-UID/ in userdir's base; of this user alone */
	char *socket;
	char *lock;     /* held by the server that listens */
	char *starting; /* held by the client that starts one */
	char *failed;   /* its time: when a start failed last */
	char *log;
};

/* Creates the directory. ERR_DENIED: it belongs to another user, or others may look in; ERR_SYSTEM. Logged at debug level. */
enum err
meeting_find(const struct userdir *u, struct meeting *m);
void
meeting_release(struct meeting *m);
/* A non-blocking connection. ERR_MISSING: nobody listens; ERR_BUSY: too many wait; ERR_SYSTEM. Logs nothing. */
enum err
meeting_connect(const struct meeting *m, int *fd);
/* A listening socket in the place of one that nobody listens at. ERR_SYSTEM, errno set. */
enum err
meeting_listen(const struct meeting *m, int *fd);

/* Clients see this process as their peer from now on (SO_PEERCRED), not the one that called meeting_listen. */
void
meeting_take_over(int fd);

#endif

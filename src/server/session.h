/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SESSION_H
#define DCC_SESSION_H

#include "account.h"
#include "err.h"
#include "sockets.h"

/*
 * A daemon for one user's ssh connection (--ssh-socket, path; NULL: it is none, and nothing is done): it listens on a socket in a folder that only that user can enter, to
 * which ssh forwards, and ends with the connection or when nobody has used it for a while.
 */
#define SESSION_IDLE_MS 120000
/* What the client waits for on our standard output. */
#define SESSION_READY "dccd: ready\n"

/* Makes the folder, which must be new, and listens. ERR_USAGE, ERR_SYSTEM: *error (yours). */
enum err
session_open(const char *path, struct sockets *s, char **error);
/* The account that we become shall be able to remove it. */
void
session_give(const char *path, const struct account *a);
void
session_say_ready(const char *path);
/* Standard output has lost its reader: ssh is gone. revents as of poll(2) without any events. */
bool
session_is_gone(short revents);
void
session_remove(const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "meeting.h"
#include "path.h"
#include "xalloc.h"

#define BACKLOG 1024

static enum err
check_dir(const char *dir)
{
	struct stat st;

	if (lstat(dir, &st) < 0 &&
	    (errno != ENOENT || (mkdir(dir, 0700) < 0 && errno != EEXIST) || lstat(dir, &st) < 0)) {
		log_debug("cannot create %s: %s", dir, strerror(errno));
		return ERR_SYSTEM;
	}
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 0777) == 0700)
		return OK;
	log_debug("%s is not a directory of this user alone", dir);
	return ERR_DENIED;
}

/*
 * Without /proc the namespace counts as 0: then the root alone tells views apart. Where a look fails otherwise the name would
 * be another than at the next time, and a server with it one that nobody finds: NULL with errno.
 */
static char *
name_view(void)
{
	struct stat root, space = {0};

	if (stat("/", &root) < 0 ||
	    (stat("/proc/self/ns/mnt", &space) < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES))
		return NULL;
	return xasprintf("%jx-%jx-%jx", (uintmax_t)space.st_ino, (uintmax_t)root.st_dev,
	                 (uintmax_t)root.st_ino);
}

enum err
meeting_find(const struct userdir *u, struct meeting *m)
{
	*m = (struct meeting){0};
	char *dir = xasprintf("%s/include-server-%lu", u->base, (unsigned long)geteuid());
	enum err e = check_dir(dir);

	if (e != OK) {
		free(dir);
		return e;
	}
	char *view = name_view();

	if (view == NULL) {
		log_debug("cannot tell this view of the files from others: %s", strerror(errno));
		free(dir);
		return ERR_SYSTEM;
	}
	m->dir = dir;
	m->socket = xasprintf("%s/%s", dir, view);
	m->lock = xasprintf("%s/%s.lock", dir, view);
	m->starting = xasprintf("%s/%s.starting", dir, view);
	m->failed = xasprintf("%s/%s.failed", dir, view);
	m->log = xasprintf("%s/log", dir);
	free(view);
	return OK;
}

void
meeting_release(struct meeting *m)
{
	free(m->dir);
	free(m->socket);
	free(m->lock);
	free(m->starting);
	free(m->failed);
	free(m->log);
	*m = (struct meeting){0};
}

typedef int (*address_fn)(int fd, const struct sockaddr *address, socklen_t len);

/* bind(2) or connect(2). A path that is too long for an address goes through the folder's descriptor. */
static int
with_address(int fd, const struct meeting *m, address_fn call)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int dir = -1;

	if (strlen(m->socket) < sizeof(a.sun_path)) {
		memcpy(a.sun_path, m->socket, strlen(m->socket) + 1);
	} else {
		dir = open(m->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (dir < 0)
			return -1;
		snprintf(a.sun_path, sizeof(a.sun_path), "/proc/self/fd/%d/%s", dir,
		         path_base(m->socket));
	}
	int got = call(fd, (const struct sockaddr *)&a, sizeof(a));
	int why = errno;

	io_close(&dir);
	errno = why;
	return got;
}

enum err
meeting_connect(const struct meeting *m, int *fd)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s < 0)
		return ERR_SYSTEM;
	if (with_address(s, m, connect) == 0) {
		*fd = s;
		return OK;
	}
	int why = errno;

	close(s);
	errno = why;
	if (why == ENOENT || why == ECONNREFUSED)
		return ERR_MISSING;
	return why == EAGAIN ? ERR_BUSY : ERR_SYSTEM;
}

enum err
meeting_listen(const struct meeting *m, int *fd)
{
	int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (s < 0)
		return ERR_SYSTEM;
	if ((unlink(m->socket) == 0 || errno == ENOENT) && with_address(s, m, bind) == 0 &&
	    listen(s, BACKLOG) == 0) {
		*fd = s;
		return OK;
	}
	int why = errno;

	close(s);
	errno = why;
	return ERR_SYSTEM;
}

void
meeting_take_over(int fd)
{
	if (listen(fd, BACKLOG) < 0)
		log_debug("listen: %s", strerror(errno));
}

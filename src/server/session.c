/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "session.h"
#include "xalloc.h"

#define BACKLOG 512

static enum err
listen_at(const char *path, int *fd)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	*fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(a.sun_path, path, strlen(path));
	if (*fd >= 0 && bind(*fd, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(*fd, BACKLOG) == 0)
		return OK;
	io_close(fd);
	return ERR_SYSTEM;
}

enum err
session_open(const char *path, struct sockets *s, char **error)
{
	struct sockaddr_un a;
	int fd;

	if (path[0] != '/' || strlen(path) >= sizeof(a.sun_path)) {
		*error = xasprintf("--ssh-socket \"%s\": must be absolute and shorter than %zu bytes", path,
		                   sizeof(a.sun_path));
		return ERR_USAGE;
	}
	char *dir = path_dir(path);
	/* A folder that is there may be somebody else's. */
	enum err e = mkdir(dir, 0700) == 0 ? listen_at(path, &fd) : ERR_SYSTEM;

	free(dir);
	if (e == OK)
		e = sockets_adopt(s, fd);
	if (e != OK)
		*error = xasprintf("--ssh-socket \"%s\": %s", path, strerror(errno));
	return e;
}

void
session_give(const char *path, const struct account *a)
{
	if (path == NULL)
		return;
	char *dir = path_dir(path);

	if (geteuid() == 0 && a->uid != 0 &&
	    (lchown(path, a->uid, a->gid) < 0 || lchown(dir, a->uid, a->gid) < 0))
		log_warning("cannot give %s to %s: %s", dir, a->name, strerror(errno));
	free(dir);
}

void
session_say_ready(const char *path)
{
	if (path != NULL &&
	    io_write_exactly(STDOUT_FILENO, SESSION_READY, sizeof(SESSION_READY) - 1, io_now_ms() + 1000) != OK)
		log_debug("ssh does not listen");
}

bool
session_is_gone(short revents)
{
	return (revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

void
session_remove(const char *path)
{
	if (path == NULL)
		return;
	char *dir = path_dir(path);

	unlink(path);
	if (rmdir(dir) < 0)
		log_debug("cannot remove %s: %s", dir, strerror(errno));
	free(dir);
}

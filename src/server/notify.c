/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "notify.h"

#define SOCKETS_MAX 64

/* A variable's value as a number, -1 if it is none. */
static long
number_in(const char *name)
{
	const char *text = getenv(name);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return -1;
	errno = 0;
	long n = strtol(text, &end, 10);

	return errno == 0 && *end == '\0' ? n : -1;
}

size_t
notify_take_sockets(void)
{
	long pid = number_in("LISTEN_PID");
	long count = number_in("LISTEN_FDS");

	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (pid != (long)getpid() || count <= 0 || count > SOCKETS_MAX)
		return 0;
	for (int fd = NOTIFY_FIRST_FD; fd < NOTIFY_FIRST_FD + (int)count; fd++)
		if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
			return 0;
	return (size_t)count;
}

void
notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	size_t len = strlen(path);

	if (len >= sizeof(to.sun_path))
		return;
	memcpy(to.sun_path, path, len);
	/* An abstract name begins with a NUL, written as '@'. */
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);

	if (sendto(fd, state, strlen(state), MSG_NOSIGNAL | MSG_DONTWAIT,
	           (const struct sockaddr *)&to, size) < 0)
		log_info("cannot tell %s \"%s\": %s", path, state, strerror(errno));
	io_close(&fd);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <sys/socket.h>

#include "control.h"

enum err
control_send(int fd, const struct control *c)
{
	ssize_t n;

	do
		n = send(fd, c, sizeof(*c), MSG_NOSIGNAL | MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof(*c) ? OK : ERR_CLOSED;
}

enum err
control_receive(int fd, struct control *c)
{
	ssize_t n;

	do
		n = recv(fd, c, sizeof(*c), MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return ERR_BUSY;
	if (n != (ssize_t)sizeof(*c))
		return ERR_CLOSED;
	c->compiler[CONTROL_NAME_MAX - 1] = '\0';
	c->source[CONTROL_NAME_MAX - 1] = '\0';
	return OK;
}

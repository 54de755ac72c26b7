/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux and BSD for accept4(2). */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "sockets.h"
#include "xalloc.h"

enum dual { ONE_FAMILY, BOTH_FAMILIES };

static bool
is_unsupported(int error)
{
	return error == EAFNOSUPPORT || error == EADDRNOTAVAIL || error == EPROTONOSUPPORT;
}

/* -1 with errno. */
static int
listen_on(const struct addrinfo *a, enum dual dual)
{
	int on = 1, only6 = dual == ONE_FAMILY;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (a->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof(only6));
	if (bind(fd, a->ai_addr, a->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
		int why = errno;

		close(fd);
		errno = why;
		return -1;
	}
	return fd;
}

static char *
complaint(const char *name, unsigned port, const char *cause)
{
	if (port == 0)
		return xasprintf("cannot listen on %s: %s", name, cause);
	return xasprintf("cannot listen on %s port %u: %s", name, port, cause);
}

static enum err
open_one(struct sockets *s, const struct addrinfo *a, const char *name, unsigned port, char **error)
{
	if (s->count == SOCKETS_MAX) {
		*error = complaint(name, port, "too many addresses");
		return ERR_CONNECT;
	}
	int fd = listen_on(a, ONE_FAMILY);

	if (fd < 0) {
		*error = complaint(name, port, strerror(errno));
		return ERR_CONNECT;
	}
	s->fds[s->count++] = fd;
	return OK;
}

static enum err
open_name(struct sockets *s, const char *name, unsigned port, char **error)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	struct addrinfo *list;
	char service[16], bare[256];
	size_t len = strlen(name);

	snprintf(service, sizeof(service), "%u", port);
	if (len >= 2 && name[0] == '[' && name[len - 1] == ']')
		snprintf(bare, sizeof(bare), "%.*s", (int)len - 2, name + 1);
	else
		snprintf(bare, sizeof(bare), "%s", name);
	int failed = getaddrinfo(bare, service, &hints, &list);

	if (failed != 0) {
		*error = complaint(name, port, gai_strerror(failed));
		return ERR_CONNECT;
	}
	enum err e = OK;

	for (const struct addrinfo *a = list; e == OK && a != NULL; a = a->ai_next)
		e = open_one(s, a, name, port, error);
	freeaddrinfo(list);
	return e;
}

/* One IPv6 socket hears IPv4 as well; where the kernel has no IPv6, one of IPv4. */
static enum err
open_everywhere(struct sockets *s, unsigned port, char **error)
{
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct addrinfo a = {.ai_family = AF_INET6, .ai_addrlen = sizeof(in6)};

	a.ai_addr = (struct sockaddr *)&in6;
	int fd = listen_on(&a, BOTH_FAMILIES);

	if (fd < 0 && is_unsupported(errno)) {
		a.ai_family = AF_INET;
		a.ai_addrlen = sizeof(in);
		a.ai_addr = (struct sockaddr *)&in;
		fd = listen_on(&a, ONE_FAMILY);
	}
	if (fd < 0) {
		*error = complaint("every address,", port, strerror(errno));
		return ERR_CONNECT;
	}
	s->fds[s->count++] = fd;
	return OK;
}

enum err
sockets_open(struct sockets *s, const struct strv *names, unsigned port, char **error)
{
	enum err e = OK;

	if (names->count == 0)
		e = open_everywhere(s, port, error);
	for (size_t i = 0; e == OK && i < names->count; i++)
		e = open_name(s, names->items[i], port, error);
	if (e != OK)
		sockets_close(s);
	return e;
}

enum err
sockets_adopt(struct sockets *s, int fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens ||
	    s->count == SOCKETS_MAX || io_set_nonblocking(fd) != OK)
		return ERR_USAGE;
	s->fds[s->count++] = fd;
	return OK;
}

static bool
is_loopback(int fd)
{
	struct sockaddr_storage a;
	socklen_t size = sizeof(a);
	struct in_addr four;
	struct in6_addr six;

	if (getsockname(fd, (struct sockaddr *)&a, &size) < 0)
		return false;
	if (a.ss_family == AF_INET) {
		memcpy(&four, &((struct sockaddr_in *)&a)->sin_addr, sizeof(four));
		return ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	memcpy(&six, &((struct sockaddr_in6 *)&a)->sin6_addr, sizeof(six));
	return a.ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool
sockets_are_loopback(const struct sockets *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (!is_loopback(s->fds[i]))
			return false;
	return true;
}

void
sockets_close(struct sockets *s)
{
	while (s->count > 0)
		close(s->fds[--s->count]);
}

int
sockets_accept(int fd, struct sockaddr_storage *from)
{
	socklen_t size = sizeof(*from);
	const unsigned vanished_ms = SOCKETS_VANISHED_MS;
	int on = 1;

	memset(from, 0, sizeof(*from));
	int client = accept4(fd, (struct sockaddr *)from, &size, SOCK_CLOEXEC);

	if (client >= 0) {
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
		/* By itself TCP repeats a progress message for a quarter of an hour before it gives the client up. */
		setsockopt(client, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished_ms, sizeof(vanished_ms));
	}
	return client;
}

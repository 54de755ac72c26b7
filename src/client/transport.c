/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "process.h"
#include "transport.h"
#include "strv.h"
#include "xalloc.h"

/* ssh that is told to end gets this long. */
#define SSH_GRACE_MS 500
/* What separates the words of DCC_SSH. */
#define BLANKS " \t"

/* Waits for a connect(2) under way; 0 or its errno. *e is ERR_CLOSED after a stop signal. */
static int
finish_connect(int fd, int64_t deadline_ms, enum err *e)
{
	int error = 0;
	socklen_t len = sizeof(error);
	struct pollfd p = {.fd = fd, .events = POLLOUT};

	do {
		*e = process_poll(&p, 1, deadline_ms);
	} while (*e == OK && p.revents == 0);
	if (*e == ERR_TIMEOUT)
		return ETIMEDOUT;
	if (*e != OK)
		return EINTR;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		return errno;
	return error;
}

/* A connected fd, or -1 with *error (an errno) set. */
static int
connect_address(const struct addrinfo *a, int64_t deadline_ms, int *error, enum err *e)
{
	int one = 1;
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, a->ai_protocol);

	*e = OK;
	if (fd < 0) {
		*error = errno;
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*error = connect(fd, a->ai_addr, a->ai_addrlen) == 0 ? 0 : errno;
	if (*error == EINPROGRESS)
		*error = finish_connect(fd, deadline_ms, e);
	if (*error == 0)
		return fd;
	close(fd);
	return -1;
}

static enum err
connect_tcp(const struct host *h, int64_t deadline_ms, struct connection *c, char **why)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	char port[16];
	enum err e = OK;
	int error = 0;

	snprintf(port, sizeof(port), "%u", h->port);
	int n = getaddrinfo(h->name, port, &hints, &list);

	if (n != 0) {
		*why = xasprintf("cannot resolve %s: %s", h->name, gai_strerror(n));
		return ERR_CONNECT;
	}
	for (const struct addrinfo *a = list; a != NULL && c->fd < 0 && e != ERR_CLOSED; a = a->ai_next) {
		/* One address that never answers must leave time for the others. */
		int64_t now = io_now_ms();
		int64_t share = a->ai_next != NULL ? (deadline_ms - now) / 2 : deadline_ms - now;

		c->fd = connect_address(a, now + share, &error, &e);
	}
	freeaddrinfo(list);
	if (c->fd >= 0)
		return OK;
	*why = xasprintf("port %u: %s", h->port, strerror(error));
	return e == ERR_CLOSED ? ERR_CLOSED : ERR_CONNECT;
}

static void
add_words(struct strv *v, const char *words)
{
	while (*words != '\0') {
		size_t n = strcspn(words, BLANKS);

		if (n != 0)
			strv_take(v, xstrndup(words, n));
		words += n;
		words += strspn(words, BLANKS);
	}
}

/* ssh [-l user] host command --inetd --enable-tcp-insecure: the words a stock distcc uses. */
static void
make_ssh_command(const struct host *h, const char *ssh_words, struct strv *argv)
{
	const char *fallback = h->language == HOST_DISTCC ? "distccd" : "dccd";

	add_words(argv, ssh_words);
	if (h->user != NULL) {
		strv_add(argv, "-l");
		strv_add(argv, h->user);
	}
	strv_add(argv, h->name);
	strv_add(argv, h->command != NULL ? h->command : fallback);
	strv_add(argv, "--inetd");
	strv_add(argv, "--enable-tcp-insecure");
}

static enum err
connect_ssh(const struct host *h, const char *ssh_words, struct connection *c, char **why)
{
	struct strv argv = {0};
	int pair[2];

	if (ssh_words[strspn(ssh_words, BLANKS)] == '\0') {
		*why = xasprintf("no command for ssh: DCC_SSH is blank");
		return ERR_CONNECT;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		*why = xasprintf("socketpair: %s", strerror(errno));
		return ERR_CONNECT;
	}
	make_ssh_command(h, ssh_words, &argv);
	struct process_spec spec = {.path = argv.items[0],
	                            .argv = argv.items,
	                            .stdin_fd = pair[1],
	                            .stdout_fd = pair[1],
	                            .stderr_fd = -1,
	                            .own_group = true};
	enum err e = process_start(&spec, &c->ssh_pid);

	if (e == OK)
		e = io_set_nonblocking(pair[0]);
	if (e == OK)
		c->fd = pair[0];
	else
		*why = xasprintf("cannot run %s: %s", argv.items[0], strerror(errno));
	close(pair[1]);
	if (e != OK)
		close(pair[0]);
	strv_release(&argv);
	return e == OK ? OK : ERR_CONNECT;
}

enum err
transport_connect(const struct host *h, const char *ssh_words, int64_t deadline_ms,
                  struct connection *c, char **why)
{
	if (h->kind == HOST_SSH)
		return connect_ssh(h, ssh_words, c, why);
	return connect_tcp(h, deadline_ms, c, why);
}

void
transport_close(struct connection *c)
{
	io_close(&c->fd);
	if (c->ssh_pid != 0) {
		int status;

		/* Its standard input has ended, so it ends by itself; if not, it is told to. */
		if (process_wait_until(c->ssh_pid, io_now_ms() + SSH_GRACE_MS, &status) ==
		    ERR_TIMEOUT)
			process_stop_group(c->ssh_pid, SSH_GRACE_MS);
	}
	c->ssh_pid = 0;
}

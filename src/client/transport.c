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
#include "path.h"
#include "process.h"
#include "relay_line.h"
#include "sshlink.h"
#include "transport.h"
#include "strv.h"
#include "xalloc.h"

/* A helper that is told to end gets this long. */
#define GRACE_MS 500
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

/* Runs a helper between us and its standard input (or stdin_fd) and output; *fd is our end. ERR_CONNECT with *why. */
static enum err
start_helper(char *const *argv, int stdin_fd, struct connection *c, char **why)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
		*why = xasprintf("socketpair: %s", strerror(errno));
		return ERR_CONNECT;
	}
	struct process_spec spec = {.path = argv[0],
	                            .argv = argv,
	                            .stdin_fd = stdin_fd >= 0 ? stdin_fd : pair[1],
	                            .stdout_fd = pair[1],
	                            .stderr_fd = -1,
	                            .own_group = true};
	enum err e = process_start(&spec, &c->helper_pid);

	if (e == OK)
		e = io_set_nonblocking(pair[0]);
	if (e == OK)
		c->fd = pair[0];
	else
		*why = xasprintf("cannot run %s: %s", argv[0], strerror(errno));
	close(pair[1]);
	if (e != OK)
		close(pair[0]);
	return e == OK ? OK : ERR_CONNECT;
}

static enum err
connect_ssh(const struct host *h, const struct transport_setup *setup, struct connection *c, char **why)
{
	struct strv argv = {0};

	if (setup->ssh_words[strspn(setup->ssh_words, BLANKS)] == '\0') {
		*why = xasprintf("no command for ssh: DCC_SSH is blank");
		return ERR_CONNECT;
	}
	make_ssh_command(h, setup->ssh_words, &argv);
	enum err e = start_helper(argv.items, -1, c, why);

	strv_release(&argv);
	return e;
}

/* The relay's first line; what follows is the volunteer's, which says nothing before we have spoken. */
static enum err
read_verdict(int fd, int64_t deadline_ms, char line[RELAY_LINE_MAX])
{
	size_t len = 0;

	while (len + 1 < RELAY_LINE_MAX) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n = read(fd, line + len, RELAY_LINE_MAX - 1 - len);

		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return ERR_SYSTEM;
		if (n == 0)
			return ERR_MISSING;
		len += n > 0 ? (size_t)n : 0;
		if (len != 0 && line[len - 1] == '\n') {
			line[len - 1] = '\0';
			return OK;
		}
		enum err e = n < 0 ? process_poll(&p, 1, deadline_ms) : OK;

		if (e != OK)
			return e;
	}
	return ERR_PROTOCOL;
}

/* OK once the relay says that the handshake is complete. */
static enum err
await_verdict(const struct connection *c, int64_t deadline_ms, char **why)
{
	char line[RELAY_LINE_MAX];
	enum err e = read_verdict(c->fd, deadline_ms, line);

	if (e == ERR_CLOSED)
		return e;
	if (e == ERR_TIMEOUT)
		*why = xasprintf("TLS: the handshake was not complete in time");
	else if (e != OK)
		*why = xasprintf("dcc-tls ended without a word");
	if (e != OK)
		return ERR_CONNECT;
	if (strncmp(line, RELAY_OK, strlen(RELAY_OK)) == 0)
		return OK;
	if (strncmp(line, RELAY_DENIED, strlen(RELAY_DENIED)) == 0) {
		*why = xasprintf("TLS: %s", line + strlen(RELAY_DENIED));
		return ERR_DENIED;
	}
	*why = xasprintf("TLS: %s", line + strcspn(line, " ") + 1);
	return ERR_CONNECT;
}

/* Puts the relay in the place of the TCP connection that c is. */
static enum err
secure(const struct host *h, const struct transport_setup *setup, int64_t deadline_ms, struct connection *c, char **why)
{
	char *path = process_beside("dcc-tls");
	char *argv[] = {path, h->name, h->id, setup->dir, NULL};
	int tcp = c->fd;

	c->fd = -1;
	enum err e = start_helper(argv, tcp, c, why);

	close(tcp);
	free(path);
	if (e == OK)
		e = await_verdict(c, deadline_ms, why);
	if (e != OK)
		transport_close(c);
	return e;
}

enum err
transport_connect(const struct host *h, const struct transport_setup *setup, int64_t deadline_ms,
                  struct connection *c, char **why)
{
	if (h->kind == HOST_SSH && !setup->has_own_ssh && sshlink_fits(h, setup->dir))
		return sshlink_connect(h, setup->dir, deadline_ms, &c->fd, why);
	if (h->kind == HOST_SSH)
		return connect_ssh(h, setup, c, why);
	enum err e = connect_tcp(h, deadline_ms, c, why);

	return e == OK && h->has_tls ? secure(h, setup, deadline_ms, c, why) : e;
}

void
transport_close(struct connection *c)
{
	io_close(&c->fd);
	if (c->helper_pid != 0) {
		int status;

		/* Its standard input has ended, so it ends by itself; if not, it is told to. */
		if (process_wait_until(c->helper_pid, io_now_ms() + GRACE_MS, &status) ==
		    ERR_TIMEOUT)
			process_stop_group(c->helper_pid, GRACE_MS);
	}
	c->helper_pid = 0;
}

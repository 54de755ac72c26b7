/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP_USER_TIMEOUT is Linux's. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockets.h"

/* A port that was free a moment ago. */
static unsigned
free_port(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (const struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &size), 0);
	close(fd);
	return ntohs(in.sin_port);
}

static enum err
open_at(struct sockets *s, const char *name, unsigned port, char **error)
{
	struct strv names = {0};

	strv_add(&names, name);
	enum err e = sockets_open(s, &names, port, error);

	strv_release(&names);
	return e;
}

static int
option_of(int fd, int level, int name)
{
	int value = -1;
	socklen_t size = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &size), 0);
	return value;
}

static void
a_connection_is_accepted(void **state)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockets s = {0};
	struct sockaddr_storage from;
	unsigned port = free_port();
	char *error = NULL;

	(void)state;
	assert_int_equal(open_at(&s, "127.0.0.1", port, &error), OK);
	assert_int_equal(s.count, 1);
	in.sin_port = htons((uint16_t)port);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(sockets_accept(s.fds[0], &from), -1);
	assert_int_equal(connect(client, (const struct sockaddr *)&in, sizeof(in)), 0);
	int served = sockets_accept(s.fds[0], &from);

	assert_true(served >= 0);
	assert_int_equal(from.ss_family, AF_INET);
	assert_int_equal(option_of(served, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option_of(served, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option_of(served, IPPROTO_TCP, TCP_USER_TIMEOUT), SOCKETS_VANISHED_MS);
	close(served);
	close(client);
	sockets_close(&s);
	sockets_close(&s);
}

static void
a_busy_port_is_named(void **state)
{
	struct sockets first = {0}, second = {0};
	unsigned port = free_port();
	char *error = NULL;

	(void)state;
	assert_int_equal(open_at(&first, "127.0.0.1", port, &error), OK);
	assert_int_equal(open_at(&second, "127.0.0.1", port, &error), ERR_CONNECT);
	assert_non_null(strstr(error, "127.0.0.1 port "));
	assert_int_equal(second.count, 0);
	free(error);
	sockets_close(&first);
}

static void
a_name_that_is_none_is_named(void **state)
{
	struct sockets s = {0};
	char *error = NULL;

	(void)state;
	assert_int_equal(open_at(&s, "999.1.2.3", 41099, &error), ERR_CONNECT);
	assert_non_null(strstr(error, "999.1.2.3"));
	free(error);
}

static void
only_listening_sockets_are_adopted(void **state)
{
	struct sockets s = {0};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(sockets_adopt(&s, fd), ERR_USAGE);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(sockets_adopt(&s, fd), OK);
	sockets_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_connection_is_accepted),
		cmocka_unit_test(a_busy_port_is_named),
		cmocka_unit_test(a_name_that_is_none_is_named),
		cmocka_unit_test(only_listening_sockets_are_adopted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "path.h"
#include "transport.h"
#include "xalloc.h"

#define LONG_MS 20000
#define ADDRESS "127.0.0.77"

static const struct transport_setup plain_setup = {.ssh_words = "ssh"};

/* A listening socket on a free port with room for backlog connections that nobody accepts. */
static int
listen_somewhere(int backlog, unsigned *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, ADDRESS, &a.sin_addr);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(fd, backlog), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static struct host
tcp_host(char *name, unsigned port)
{
	return (struct host){.kind = HOST_TCP, .name = name, .port = port};
}

static void
a_listening_port_gives_a_nonblocking_socket(void **state)
{
	char name[] = ADDRESS;
	unsigned port;
	int listener = listen_somewhere(5, &port);
	struct host h = tcp_host(name, port);
	struct connection c = CONNECTION_INIT;
	char *why = NULL;
	int one = 0;
	socklen_t len = sizeof(one);
	char byte;

	(void)state;
	assert_int_equal(transport_connect(&h, &plain_setup, io_now_ms() + LONG_MS, &c, &why), OK);
	assert_null(why);
	assert_true(c.fd >= 0);
	assert_int_equal(c.helper_pid, 0);
	assert_int_equal(fcntl(c.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(c.fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(getsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &one, &len), 0);
	assert_int_not_equal(one, 0);
	int peer = accept(listener, NULL, NULL);

	assert_int_equal(write(c.fd, "x", 1), 1);
	assert_int_equal(io_read_exactly(peer, &byte, 1, io_now_ms() + LONG_MS), OK);
	transport_close(&c);
	assert_int_equal(c.fd, -1);
	assert_int_equal(io_read_exactly(peer, &byte, 1, io_now_ms() + LONG_MS), ERR_CLOSED);
	transport_close(&c);
	close(peer);
	close(listener);
}

static void
check_fails(struct host *h, const char *ssh_words, int64_t deadline_ms, const char *words)
{
	struct connection c = CONNECTION_INIT;
	char *why = NULL;
	struct transport_setup setup = {.ssh_words = ssh_words};

	assert_int_equal(transport_connect(h, &setup, deadline_ms, &c, &why), ERR_CONNECT);
	assert_non_null(why);
	assert_non_null(strstr(why, words));
	assert_int_equal(c.fd, -1);
	transport_close(&c);
	free(why);
}

static void
a_refused_port_says_so_at_once(void **state)
{
	char name[] = ADDRESS;
	unsigned port;
	int listener = listen_somewhere(5, &port);
	struct host h = tcp_host(name, port);
	int64_t start = io_now_ms();

	(void)state;
	close(listener);
	check_fails(&h, "ssh", start + LONG_MS, "Connection refused");
	assert_true(io_now_ms() - start < LONG_MS / 2);
}

/* A full backlog drops SYNs, as a firewall does. */
static void
a_silent_port_ends_at_the_deadline(void **state)
{
	char name[] = ADDRESS;
	unsigned port;
	int listener = listen_somewhere(0, &port);
	struct host h = tcp_host(name, port);
	struct connection filler[4] = {CONNECTION_INIT, CONNECTION_INIT, CONNECTION_INIT,
	                               CONNECTION_INIT};
	char *why = NULL;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		if (transport_connect(&h, &plain_setup, io_now_ms() + 200, &filler[i], &why) != OK)
			break;
	}
	free(why);
	int64_t start = io_now_ms();

	check_fails(&h, "ssh", start + 200, "timed out");
	assert_in_range(io_now_ms() - start, 190, LONG_MS);
	for (size_t i = 0; i < 4; i++)
		transport_close(&filler[i]);
	close(listener);
}

static void
an_unknown_name_cannot_be_resolved(void **state)
{
	char name[] = "no-such-host.invalid";
	struct host h = tcp_host(name, 3632);

	(void)state;
	check_fails(&h, "ssh", io_now_ms() + LONG_MS, "cannot resolve no-such-host.invalid");
}

/* ssh. */

static char script[64];

static int
make_script(void **state)
{
	static const char text[] = "#!/bin/sh\n"
	                           "echo \"$@\"\n"
	                           "read -r line\n"
	                           "echo \"got $line\"\n"
	                           "case $1 in stays) trap '' TERM HUP; while :; do sleep 1; done;; esac\n";

	(void)state;
	snprintf(script, sizeof(script), "/tmp/dcc-ssh-XXXXXX");
	int fd = mkostemp(script, O_CLOEXEC);

	if (fd < 0 || write(fd, text, sizeof(text) - 1) < 0 || fchmod(fd, 0755) < 0)
		return -1;
	return close(fd);
}

static int
remove_script(void **state)
{
	(void)state;
	return unlink(script);
}

static void
read_line(int fd, char *line, size_t size)
{
	size_t len = 0;

	do {
		assert_true(len < size - 1);
		assert_int_equal(io_read_exactly(fd, line + len, 1, io_now_ms() + LONG_MS), OK);
	} while (line[len++] != '\n');
	line[len - 1] = '\0';
}

/* Connects with the stand-in and checks what its command line was, and that words go both ways. */
static void
check_ssh(const struct host *h, const char *first_words, const char *wanted)
{
	struct connection c = CONNECTION_INIT;
	char *why = NULL;
	char *words = xasprintf("%s%s", script, first_words);
	char line[256];
	struct transport_setup setup = {.ssh_words = words};

	assert_int_equal(transport_connect(h, &setup, io_now_ms() + LONG_MS, &c, &why), OK);
	assert_true(c.helper_pid > 0);
	assert_int_equal(fcntl(c.fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	read_line(c.fd, line, sizeof(line));
	assert_string_equal(line, wanted);
	assert_int_equal(io_write_exactly(c.fd, "DCC1\n", 5, io_now_ms() + LONG_MS), OK);
	read_line(c.fd, line, sizeof(line));
	assert_string_equal(line, "got DCC1");
	pid_t pid = c.helper_pid;
	int64_t start = io_now_ms();

	transport_close(&c);
	assert_int_equal(c.helper_pid, 0);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_true(io_now_ms() - start < LONG_MS);
	transport_close(&c);
	free(words);
}

static void
ssh_gets_the_words_of_a_stock_distcc(void **state)
{
	char name[] = "volunteer", user[] = "me", command[] = "/opt/dccd";
	struct host h = {.kind = HOST_SSH, .name = name};

	(void)state;
	check_ssh(&h, "", "volunteer dccd --inetd --enable-tcp-insecure");
	h.user = user;
	check_ssh(&h, "  -p 22\t-q ", "-p 22 -q -l me volunteer dccd --inetd --enable-tcp-insecure");
	h.command = command;
	h.user = NULL;
	check_ssh(&h, "", "volunteer /opt/dccd --inetd --enable-tcp-insecure");
	h.command = NULL;
	h.language = HOST_DISTCC;
	check_ssh(&h, "", "volunteer distccd --inetd --enable-tcp-insecure");
}

static void
an_ssh_that_does_not_end_is_ended(void **state)
{
	char name[] = "volunteer";
	struct host h = {.kind = HOST_SSH, .name = name};

	(void)state;
	check_ssh(&h, " stays", "stays volunteer dccd --inetd --enable-tcp-insecure");
}

static void
a_missing_ssh_says_so(void **state)
{
	char name[] = "volunteer";
	struct host h = {.kind = HOST_SSH, .name = name};

	(void)state;
	check_fails(&h, "/nonexistent/ssh -q", io_now_ms() + LONG_MS, "cannot run /nonexistent/ssh");
}

/* Without a word for ssh the host's name must not become the program. */
static void
blank_words_for_ssh_run_nothing_of_the_hosts_name(void **state)
{
	char name[] = "true";
	struct host h = {.kind = HOST_SSH, .name = name};

	(void)state;
	check_fails(&h, "", io_now_ms() + LONG_MS, "no command for ssh");
	check_fails(&h, " \t", io_now_ms() + LONG_MS, "no command for ssh");
}

/* What stands beside the test program in the place of dcc-tls. */
static void
write_relay(const char *text)
{
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	assert_true(n > 0);
	own[n] = '\0';
	char *dir = path_dir(own);
	char *path = path_join(dir, "dcc-tls");

	if (text == NULL) {
		unlink(path);
	} else {
		int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

		assert_true(fd >= 0);
		assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
		close(fd);
	}
	free(dir);
	free(path);
}

static void
a_relay_speaks_for_the_volunteer(void **state)
{
	static const struct {
		const char *script;
		enum err e;
		const char *words;
	} rows[] = {
		{"#!/bin/sh\necho ok $1 $2 $3\nexec cat\n", OK, NULL},
		{"#!/bin/sh\necho denied the key is another one\n", ERR_DENIED, "TLS: the key is another one"},
		{"#!/bin/sh\necho failed the answer is no TLS\n", ERR_CONNECT, "TLS: the answer is no TLS"},
		{"#!/bin/sh\nexit 1\n", ERR_CONNECT, "dcc-tls ended without a word"},
		{"#!/bin/sh\nyes | tr -d '\\n'\n", ERR_CONNECT, "dcc-tls ended without a word"},
		{"#!/bin/sh\nexec sleep 60\n", ERR_CONNECT, "not complete in time"},
		{NULL, ERR_CONNECT, "cannot run"},
	};
	char name[] = ADDRESS, id[] = "tcp_x_1", dir[] = "/dir";
	struct transport_setup setup = {.ssh_words = "ssh", .dir = dir};
	unsigned port;
	int listener = listen_somewhere(20, &port);
	struct host h = {.kind = HOST_TCP, .name = name, .id = id, .port = port, .has_tls = true};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct connection c = CONNECTION_INIT;
		char *why = NULL;

		write_relay(rows[i].script);
		int64_t patience = rows[i].words != NULL && strstr(rows[i].words, "in time") != NULL ? 300 : LONG_MS;

		assert_int_equal(transport_connect(&h, &setup, io_now_ms() + patience, &c, &why), rows[i].e);
		if (rows[i].e == OK)
			assert_true(c.fd >= 0 && c.helper_pid > 0);
		else
			assert_true(c.fd == -1 && c.helper_pid == 0 && strstr(why, rows[i].words) != NULL);
		transport_close(&c);
		free(why);
	}
	write_relay(NULL);
	close(listener);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_listening_port_gives_a_nonblocking_socket),
		cmocka_unit_test(a_refused_port_says_so_at_once),
		cmocka_unit_test(a_silent_port_ends_at_the_deadline),
		cmocka_unit_test(an_unknown_name_cannot_be_resolved),
		cmocka_unit_test(ssh_gets_the_words_of_a_stock_distcc),
		cmocka_unit_test(an_ssh_that_does_not_end_is_ended),
		cmocka_unit_test(a_missing_ssh_says_so),
		cmocka_unit_test(a_relay_speaks_for_the_volunteer),
		cmocka_unit_test(blank_words_for_ssh_run_nothing_of_the_hosts_name),
	};

	return cmocka_run_group_tests(tests, make_script, remove_script);
}

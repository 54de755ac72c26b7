/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
/* dcc is this process, the relay one child, the volunteer, which says everything back, another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "certificates.h"
#include "io.h"
#include "relay.h"
#include "scratch.h"

#define LONG_MS 20000
#define MUCH ((size_t)3 << 20)

static const struct tls_files farm = {.farm_key = "farm.key"};

static int
set_up(void **state)
{
	*state = scratch_make();
	signal(SIGPIPE, SIG_IGN);
	write_file("farm.key", "x 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0600);
	return 0;
}

static struct tls_stream *
open_stream(enum tls_side side, int fd)
{
	struct tls *tls = NULL;
	char *error = NULL;

	if (tls_new(side, &farm, &tls, &error) != OK || io_set_nonblocking(fd) != OK)
		_exit(99);
	return tls_stream_new(tls, fd);
}

static enum err
wait_step(struct tls_stream *s, int fd, enum err e)
{
	return e == ERR_BUSY ? io_wait(fd, tls_stream_events(s), io_now_ms() + LONG_MS) : e;
}

static enum err
say_back(struct tls_stream *s, int fd, const char *bytes, size_t len)
{
	enum err e = OK;

	for (size_t at = 0, n = 0; e == OK && at < len; at += n) {
		n = 0;
		e = wait_step(s, fd, tls_stream_write(s, bytes + at, len - at, &n));
	}
	return e;
}

/* Ends with 0 when the relay has said goodbye. */
static void
echo(int fd)
{
	struct tls_stream *s = open_stream(TLS_VOLUNTEER, fd);
	char *why = NULL;
	static const size_t size = 10000;
	char *bytes = malloc(size);
	enum err e = tls_stream_handshake_until(s, io_now_ms() + LONG_MS, &why);

	while (e == OK) {
		size_t n = 0;

		e = wait_step(s, fd, tls_stream_read(s, bytes, size, &n));
		if (e == OK)
			e = say_back(s, fd, bytes, n);
	}
	_exit(e == ERR_CLOSED ? 0 : 1);
}

/* Ends with its last result. */
static void
relay(int remote, int local, int64_t patience_ms)
{
	struct tls_stream *s = open_stream(TLS_CLIENT, remote);
	char *why = NULL;
	enum err e = relay_handshake(s, remote, local, io_now_ms() + patience_ms, &why);

	if (e == OK)
		e = relay_run(s, remote, local);
	_exit((int)e);
}

static int
end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

struct meeting {
	int dcc;       /* our end */
	int volunteer; /* its end, where there is no echo */
	pid_t relay, echo;
};

enum company { WITH_ECHO, ALONE };

static void
meet(struct meeting *m, enum company company, int64_t patience_ms)
{
	int local[2], remote[2];

	*m = (struct meeting){0};
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, local), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, remote), 0);
	m->relay = fork();
	if (m->relay == 0) {
		close(local[0]);
		close(remote[0]);
		relay(remote[1], local[1], patience_ms);
	}
	close(local[1]);
	close(remote[1]);
	if (company == WITH_ECHO)
		m->echo = fork();
	if (company == WITH_ECHO && m->echo == 0) {
		close(local[0]);
		echo(remote[0]);
	}
	if (company == WITH_ECHO)
		io_close(&remote[0]);
	m->dcc = local[0];
	m->volunteer = remote[0];
}

static void
much_goes_both_ways_and_an_end_is_passed_on(void **state)
{
	struct meeting m;
	char *sent = malloc(MUCH), *got = malloc(MUCH);

	(void)state;
	for (size_t i = 0; i < MUCH; i++)
		sent[i] = (char)(i * 31 >> 3);
	meet(&m, WITH_ECHO, LONG_MS);
	pid_t writer = fork();

	if (writer == 0)
		_exit(io_write_exactly(m.dcc, sent, MUCH, io_now_ms() + LONG_MS) == OK ? 0 : 1);
	assert_int_equal(io_read_exactly(m.dcc, got, MUCH, io_now_ms() + LONG_MS), OK);
	assert_memory_equal(sent, got, MUCH);
	assert_int_equal(end_of(writer), 0);
	close(m.dcc);
	assert_int_equal(end_of(m.relay), ERR_CLOSED);
	assert_int_equal(end_of(m.echo), 0);
	free(sent);
	free(got);
}

static void
a_volunteer_that_dies_ends_it(void **state)
{
	struct meeting m;
	char byte;

	(void)state;
	meet(&m, WITH_ECHO, LONG_MS);
	assert_int_equal(io_write_exactly(m.dcc, "x", 1, io_now_ms() + LONG_MS), OK);
	assert_int_equal(io_read_exactly(m.dcc, &byte, 1, io_now_ms() + LONG_MS), OK);
	kill(m.echo, SIGKILL);
	assert_int_equal(waitpid(m.echo, NULL, 0), m.echo);
	assert_int_equal(io_read_exactly(m.dcc, &byte, 1, io_now_ms() + LONG_MS), ERR_CLOSED);
	assert_int_equal(end_of(m.relay), ERR_CLOSED);
	close(m.dcc);
}

static void
a_silent_volunteer_meets_the_deadline(void **state)
{
	struct meeting m;

	(void)state;
	meet(&m, ALONE, 50);
	assert_int_equal(end_of(m.relay), ERR_TIMEOUT);
	close(m.dcc);
	close(m.volunteer);
}

static void
a_dcc_that_goes_away_ends_the_handshake(void **state)
{
	struct meeting m;
	int64_t begin_ms = io_now_ms();

	(void)state;
	meet(&m, ALONE, 10 * LONG_MS);
	close(m.dcc);
	assert_int_equal(end_of(m.relay), ERR_CLOSED);
	assert_true(io_now_ms() - begin_ms < LONG_MS);
	close(m.volunteer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(much_goes_both_ways_and_an_end_is_passed_on),
		cmocka_unit_test(a_volunteer_that_dies_ends_it),
		cmocka_unit_test(a_silent_volunteer_meets_the_deadline),
		cmocka_unit_test(a_dcc_that_goes_away_ends_the_handshake),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_tear_down);
}

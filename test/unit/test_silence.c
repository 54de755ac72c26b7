/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io.h"
#include "silence.h"

#define LIMIT_MS 1000

/* A socket with bytes sent into it that nobody has taken yet; peer is the other end. */
static struct silence
send_some(int *peer)
{
	char bytes[4096];
	int pair[2];

	memset(bytes, 'x', sizeof(bytes));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(write(pair[0], bytes, sizeof(bytes)), sizeof(bytes));
	*peer = pair[1];
	return (struct silence){.fd = pair[0], .limit_ms = LIMIT_MS};
}

static void
take(int peer)
{
	char bytes[4096];

	assert_int_equal(read(peer, bytes, sizeof(bytes)), sizeof(bytes));
}

static void
it_lasts_while_nothing_is_taken(void **state)
{
	(void)state;
	int peer;
	struct silence s = send_some(&peer);

	silence_begin(&s);
	assert_true(s.deadline_ms >= io_now_ms() + LIMIT_MS - 100);
	assert_int_equal(silence_judge(&s), ERR_TIMEOUT);
	close(peer);
	close(s.fd);
}

static void
what_is_taken_ends_it_each_time(void **state)
{
	(void)state;
	int peer;
	struct silence s = send_some(&peer);

	silence_begin(&s);
	for (int i = 0; i < 4; i++) {
		s.deadline_ms = 0;
		take(peer);
		assert_int_equal(silence_judge(&s), OK);
		assert_true(s.deadline_ms > io_now_ms());
	}
	assert_int_equal(silence_judge(&s), ERR_TIMEOUT);
	close(peer);
	close(s.fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_lasts_while_nothing_is_taken),
		cmocka_unit_test(what_is_taken_ends_it_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

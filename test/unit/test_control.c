/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control.h"

static void
a_message_arrives_whole(void **state)
{
	struct control out = {.type = CONTROL_REPORT, .number = OUTCOME_COMPILE_OK, .wall_ms = 7};
	struct control in;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(control_receive(pair[1], &in), ERR_BUSY);
	memset(out.source, 'x', sizeof(out.source));
	assert_int_equal(control_send(pair[0], &out), OK);
	assert_int_equal(control_receive(pair[1], &in), OK);
	assert_int_equal(in.type, CONTROL_REPORT);
	assert_int_equal(in.wall_ms, 7);
	assert_int_equal(strlen(in.source), CONTROL_NAME_MAX - 1);
	close(pair[0]);
	assert_int_equal(control_receive(pair[1], &in), ERR_CLOSED);
	assert_int_equal(control_send(pair[1], &out), ERR_CLOSED);
	close(pair[1]);
}

static void
a_message_of_another_size_is_refused(void **state)
{
	struct control in;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(send(pair[0], "W", 1, 0), 1);
	assert_int_equal(control_receive(pair[1], &in), ERR_CLOSED);
	close(pair[0]);
	close(pair[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_arrives_whole),
		cmocka_unit_test(a_message_of_another_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

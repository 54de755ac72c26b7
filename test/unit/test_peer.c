/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For usleep(3). */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "peer.h"

static void
open_pair(struct peer *p, int *other)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	peer_init(p, pair[0], pair[0]);
	*other = pair[1];
}

static void
bytes_are_read_in_any_portion_and_counted(void **state)
{
	const unsigned char *some;
	char text[8] = "";
	struct peer p;
	size_t len;
	int other;

	(void)state;
	open_pair(&p, &other);
	assert_int_equal(write(other, "abcdefgh", 8), 8);
	assert_int_equal(peer_read(&p, text, 3), OK);
	assert_memory_equal(text, "abc", 3);
	assert_int_equal(peer_read_some(&p, 2, &some, &len), OK);
	assert_int_equal(len, 2);
	assert_memory_equal(some, "de", 2);
	assert_int_equal(peer_read_some(&p, 100, &some, &len), OK);
	assert_int_equal(len, 3);
	assert_int_equal(p.bytes_in, 8);
	close(other);
	assert_int_equal(peer_read(&p, text, 1), ERR_CLOSED);
	peer_release(&p);
	peer_release(&p);
}

static void
a_silent_client_runs_into_the_deadline(void **state)
{
	struct peer p;
	char byte;
	int other;

	(void)state;
	open_pair(&p, &other);
	p.progress_ms = 20;
	assert_int_equal(peer_read(&p, &byte, 1), ERR_TIMEOUT);
	p.progress_ms = 60000;
	p.request_deadline_ms = io_now_ms() + 20;
	assert_int_equal(peer_read(&p, &byte, 1), ERR_TIMEOUT);
	close(other);
	peer_release(&p);
}

static void
a_client_that_always_has_more_meets_the_total_deadline(void **state)
{
	const unsigned char *some;
	struct peer p;
	size_t len;
	int other;

	(void)state;
	open_pair(&p, &other);
	assert_int_equal(write(other, "abc", 3), 3);
	assert_int_equal(peer_read_some(&p, 1, &some, &len), OK);
	p.request_deadline_ms = io_now_ms() - 1;
	assert_int_equal(peer_read_some(&p, 1, &some, &len), ERR_TIMEOUT);
	close(other);
	peer_release(&p);
}

static void
a_client_that_does_not_read_meets_the_deadline(void **state)
{
	static const unsigned char block[4 << 20];
	struct peer p;
	int other;

	(void)state;
	open_pair(&p, &other);
	p.progress_ms = 20;
	assert_int_equal(peer_write(&p, block, sizeof(block)), ERR_TIMEOUT);
	close(other);
	assert_int_equal(peer_write(&p, block, sizeof(block)), ERR_CLOSED);
	peer_release(&p);
}

/* Always a little room, never much: each wait ends in time, the whole must too. */
static void
a_client_that_reads_byte_by_byte_meets_the_total_deadline(void **state)
{
	static const unsigned char block[4 << 20];
	struct peer p;
	int other;

	(void)state;
	open_pair(&p, &other);
	pid_t pid = fork();

	if (pid == 0) {
		char some[4096];

		close(p.in_fd);
		while (read(other, some, sizeof(some)) > 0)
			usleep(5000);
		_exit(0);
	}
	close(other);
	peer_begin_answer(&p);
	assert_true(p.answer_deadline_ms > io_now_ms() + 60000);
	p.answer_deadline_ms = io_now_ms() + 300;
	int64_t begin_ms = io_now_ms();

	assert_int_equal(peer_write(&p, block, sizeof(block)), ERR_TIMEOUT);
	assert_in_range(io_now_ms() - begin_ms, 250, 3000);
	peer_release(&p);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void
the_farewell_lets_the_reply_arrive_before_unread_bytes(void **state)
{
	struct peer p;
	char text[16];
	int other;

	(void)state;
	open_pair(&p, &other);
	assert_int_equal(write(other, "unread", 6), 6);
	assert_int_equal(peer_write(&p, "reply", 5), OK);
	shutdown(other, SHUT_WR);
	peer_finish(&p);
	peer_release(&p);
	assert_int_equal(read(other, text, sizeof(text)), 5);
	assert_int_equal(read(other, text, sizeof(text)), 0);
	close(other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_read_in_any_portion_and_counted),
		cmocka_unit_test(a_silent_client_runs_into_the_deadline),
		cmocka_unit_test(a_client_that_always_has_more_meets_the_total_deadline),
		cmocka_unit_test(a_client_that_does_not_read_meets_the_deadline),
		cmocka_unit_test(a_client_that_reads_byte_by_byte_meets_the_total_deadline),
		cmocka_unit_test(the_farewell_lets_the_reply_arrive_before_unread_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

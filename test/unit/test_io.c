/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read and sendmsg are replaced (ld --wrap) by ones that fail or stop short when told to. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "xalloc.h"

#define SOON_MS 30
#define LONG_MS 20000

ssize_t
__wrap_read(int fd, void *data, size_t n);
ssize_t
__real_read(int fd, void *data, size_t n);
ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags);
ssize_t
__real_sendmsg(int fd, const struct msghdr *m, int flags);

static int calls_until_error; /* 0: none fails */
static int error_to_give;
static size_t most_at_once; /* 0: no bound */

static bool
fails_now(void)
{
	if (calls_until_error == 0 || --calls_until_error != 0)
		return false;
	errno = error_to_give;
	return true;
}

ssize_t
__wrap_read(int fd, void *data, size_t n)
{
	if (fails_now())
		return -1;
	return __real_read(fd, data, most_at_once != 0 && n > most_at_once ? most_at_once : n);
}

ssize_t
__wrap_sendmsg(int fd, const struct msghdr *m, int flags)
{
	struct msghdr part = *m;
	struct iovec first = m->msg_iov[0];

	if (fails_now())
		return -1;
	if (most_at_once != 0) {
		first.iov_len = first.iov_len < most_at_once ? first.iov_len : most_at_once;
		part.msg_iov = &first;
		part.msg_iovlen = 1;
	}
	return __real_sendmsg(fd, &part, flags);
}

static int
no_faults(void **state)
{
	(void)state;
	calls_until_error = 0;
	most_at_once = 0;
	return 0;
}

struct pair {
	int ours;
	int theirs;
};

static struct pair
make_pair(void)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	return (struct pair){fds[0], fds[1]};
}

static void
close_pair(struct pair *p)
{
	io_close(&p->ours);
	io_close(&p->theirs);
}

/* Reading. */

static void
read_takes_exactly_n_bytes(void **state)
{
	struct pair p = make_pair();
	char data[8] = "";

	(void)state;
	assert_int_equal(write(p.theirs, "abcdef", 6), 6);
	assert_int_equal(io_read_exactly(p.ours, data, 4, IO_NO_DEADLINE), OK);
	assert_memory_equal(data, "abcd", 5);
	assert_int_equal(io_read_exactly(p.ours, data, 0, 0), OK);
	assert_int_equal(io_read_exactly(p.ours, data, 2, io_now_ms() + LONG_MS), OK);
	assert_memory_equal(data, "ef", 2);
	close_pair(&p);
}

static void
read_joins_pieces_and_survives_interruptions(void **state)
{
	struct pair p = make_pair();
	char data[7] = "";

	(void)state;
	most_at_once = 1;
	assert_int_equal(write(p.theirs, "abcdef", 6), 6);
	for (int nth = 1; nth <= 6; nth++) {
		calls_until_error = nth;
		error_to_give = EINTR;
		memset(data, 0, sizeof(data));
		assert_int_equal(io_read_exactly(p.ours, data, 6, IO_NO_DEADLINE), OK);
		assert_string_equal(data, "abcdef");
		assert_int_equal(write(p.theirs, "abcdef", 6), 6);
	}
	close_pair(&p);
}

static void
the_nth_read_that_fails_is_reported(void **state)
{
	static const struct {
		int error;
		enum err wanted;
	} rows[] = {{EIO, ERR_SYSTEM}, {ECONNRESET, ERR_CLOSED}, {EPIPE, ERR_CLOSED}};

	(void)state;
	most_at_once = 1;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int nth = 1; nth <= 6; nth++) {
			struct pair p = make_pair();
			char data[6];

			assert_int_equal(write(p.theirs, "abcdef", 6), 6);
			calls_until_error = nth;
			error_to_give = rows[i].error;
			assert_int_equal(io_read_exactly(p.ours, data, 6, IO_NO_DEADLINE), rows[i].wanted);
			close_pair(&p);
		}
	}
}

static void
read_says_closed_at_an_early_end(void **state)
{
	(void)state;
	for (size_t have = 0; have < 4; have++) {
		struct pair p = make_pair();
		char data[4];

		assert_int_equal(write(p.theirs, "abc", have), (ssize_t)have);
		io_close(&p.theirs);
		assert_int_equal(io_read_exactly(p.ours, data, 4, io_now_ms() + LONG_MS), ERR_CLOSED);
		close_pair(&p);
	}
}

static void
read_keeps_its_deadline(void **state)
{
	(void)state;
	for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
		struct pair p = make_pair();
		char data[4];

		if (nonblocking)
			assert_int_equal(io_set_nonblocking(p.ours), OK);
		assert_int_equal(write(p.theirs, "ab", 2), 2);
		int64_t start = io_now_ms();

		assert_int_equal(io_read_exactly(p.ours, data, 4, start + SOON_MS), ERR_TIMEOUT);
		assert_in_range(io_now_ms() - start, SOON_MS, LONG_MS);
		assert_int_equal(io_read_exactly(p.ours, data, 4, io_now_ms() - 1), ERR_TIMEOUT);
		close_pair(&p);
	}
}

static void
read_waits_on_a_nonblocking_descriptor(void **state)
{
	struct pair p = make_pair();
	char data[2] = "";
	int status;

	(void)state;
	assert_int_equal(io_set_nonblocking(p.ours), OK);
	pid_t pid = fork();

	if (pid == 0) {
		poll(NULL, 0, SOON_MS);
		_exit(write(p.theirs, "x", 1) == 1 ? 0 : 1);
	}
	assert_int_equal(io_read_exactly(p.ours, data, 1, IO_NO_DEADLINE), OK);
	assert_string_equal(data, "x");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close_pair(&p);
}

static void
read_of_no_descriptor_fails(void **state)
{
	char data[1];

	(void)state;
	assert_int_equal(io_read_exactly(-1, data, 1, IO_NO_DEADLINE), ERR_SYSTEM);
	assert_int_equal(errno, EBADF);
	assert_int_equal(io_set_nonblocking(-1), ERR_SYSTEM);
}

/* Writing. */

static void
write_sends_all_of_every_piece(void **state)
{
	(void)state;
	for (size_t step = 0; step < 5; step++) {
		struct pair p = make_pair();
		char a[] = "abc", b[] = "", c[] = "defg", data[8] = "";
		struct iovec iov[] = {{b, 0}, {a, 3}, {b, 0}, {c, 4}, {b, 0}};

		most_at_once = step;
		assert_int_equal(io_writev_exactly(p.ours, iov, 5, IO_NO_DEADLINE), OK);
		most_at_once = 0;
		io_close(&p.ours);
		assert_int_equal(io_read_exactly(p.theirs, data, 7, IO_NO_DEADLINE), OK);
		assert_string_equal(data, "abcdefg");
		assert_int_equal(io_read_exactly(p.theirs, data, 1, IO_NO_DEADLINE), ERR_CLOSED);
		close_pair(&p);
	}
}

static void
the_nth_write_that_fails_is_reported(void **state)
{
	(void)state;
	for (int nth = 1; nth <= 6; nth++) {
		struct pair p = make_pair();

		most_at_once = 1;
		calls_until_error = nth;
		error_to_give = EIO;
		assert_int_equal(io_write_exactly(p.ours, "abcdef", 6, IO_NO_DEADLINE), ERR_SYSTEM);
		calls_until_error = nth;
		error_to_give = EINTR;
		assert_int_equal(io_write_exactly(p.ours, "abcdef", 6, IO_NO_DEADLINE), OK);
		close_pair(&p);
	}
}

static void
write_to_a_closed_socket_is_closed_and_raises_nothing(void **state)
{
	struct pair p = make_pair();
	int status = -1;

	(void)state;
	io_close(&p.theirs);
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		_exit(io_write_exactly(p.ours, "x", 1, IO_NO_DEADLINE) == ERR_CLOSED ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close_pair(&p);
}

static void
write_keeps_its_deadline_when_nobody_reads(void **state)
{
	struct pair p = make_pair();
	size_t size = (size_t)8 << 20;
	char *data = xcalloc(size, 1);

	(void)state;
	assert_int_equal(io_set_nonblocking(p.ours), OK);
	int64_t start = io_now_ms();

	assert_int_equal(io_write_exactly(p.ours, data, size, start + SOON_MS), ERR_TIMEOUT);
	assert_in_range(io_now_ms() - start, SOON_MS, LONG_MS);
	free(data);
	close_pair(&p);
}

static void
write_reaches_files_and_pipes(void **state)
{
	int fds[2];
	char data[4] = "";

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(io_write_exactly(fds[1], "abc", 3, IO_NO_DEADLINE), OK);
	assert_int_equal(io_read_exactly(fds[0], data, 3, IO_NO_DEADLINE), OK);
	assert_string_equal(data, "abc");
	close(fds[0]);
	close(fds[1]);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_int_equal(io_write_exactly(full, "abc", 3, IO_NO_DEADLINE), ERR_SYSTEM);
	assert_int_equal(errno, ENOSPC);
	close(full);
	assert_int_equal(io_write_exactly(-1, "", 0, IO_NO_DEADLINE), OK);
	assert_int_equal(io_write_exactly(-1, "x", 1, IO_NO_DEADLINE), ERR_SYSTEM);
}

/* Waiting. */

static void
wait_tells_readiness_from_timeout(void **state)
{
	struct pair p = make_pair();

	(void)state;
	assert_int_equal(io_wait(p.ours, POLLOUT, IO_NO_DEADLINE), OK);
	assert_int_equal(io_wait(p.ours, POLLIN, io_now_ms() + SOON_MS), ERR_TIMEOUT);
	assert_int_equal(io_wait(p.ours, POLLIN, 0), ERR_TIMEOUT);
	io_close(&p.theirs);
	assert_int_equal(io_wait(p.ours, POLLIN, IO_NO_DEADLINE), OK);
	close_pair(&p);
}

static void
note_nothing(int number)
{
	(void)number;
}

static void
a_signal_does_not_end_a_wait(void **state)
{
	struct pair p = make_pair();
	struct sigaction sa = {.sa_handler = note_nothing};
	int status;
	pid_t parent = getpid();

	(void)state;
	sigaction(SIGUSR1, &sa, NULL);
	pid_t pid = fork();

	if (pid == 0) {
		poll(NULL, 0, SOON_MS / 3);
		kill(parent, SIGUSR1);
		_exit(0);
	}
	int64_t start = io_now_ms();

	assert_int_equal(io_wait(p.ours, POLLIN, start + 3 * SOON_MS), ERR_TIMEOUT);
	assert_true(io_now_ms() - start >= 3 * SOON_MS);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close_pair(&p);
}

/* Whole files. */

static void
read_to_end_keeps_its_limit_exactly(void **state)
{
	static const size_t sizes[] = {0, 1, 4095, 4096, 4097, 20000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char *all = xcalloc(sizes[i] + 1, 1), *data;
		size_t len, n = sizes[i];
		FILE *f = tmpfile();

		memset(all, 'x', n);
		assert_int_equal(fwrite(all, 1, n, f), n);
		fflush(f);
		rewind(f);
		assert_int_equal(io_read_to_end(fileno(f), n, &data, &len), OK);
		assert_int_equal(len, n);
		assert_string_equal(data, all);
		free(data);
		lseek(fileno(f), 0, SEEK_SET);
		if (n != 0)
			assert_int_equal(io_read_to_end(fileno(f), n - 1, &data, &len), ERR_LIMIT);
		fclose(f);
		free(all);
	}
}

static void
read_to_end_reports_the_nth_failure(void **state)
{
	char *data;
	size_t len;

	(void)state;
	most_at_once = 1;
	for (int nth = 1; nth <= 4; nth++) {
		FILE *f = tmpfile();

		fputs("abc", f);
		rewind(f);
		calls_until_error = nth;
		error_to_give = EIO;
		assert_int_equal(io_read_to_end(fileno(f), 10, &data, &len), ERR_SYSTEM);
		rewind(f);
		calls_until_error = nth;
		error_to_give = EINTR;
		assert_int_equal(io_read_to_end(fileno(f), 10, &data, &len), OK);
		assert_string_equal(data, "abc");
		free(data);
		fclose(f);
	}
}

static void
read_file_tells_missing_from_unreadable(void **state)
{
	char *data;
	size_t len;

	(void)state;
	assert_int_equal(io_read_file("/nonexistent", 10, &data, &len), ERR_MISSING);
	assert_int_equal(io_read_file("/dev/null/x", 10, &data, &len), ERR_MISSING);
	assert_int_equal(io_read_file("/tmp", 10, &data, &len), ERR_SYSTEM);
	assert_int_equal(io_read_file("/dev/null", 10, &data, &len), OK);
	assert_int_equal(len, 0);
	assert_string_equal(data, "");
	free(data);
	assert_int_equal(io_read_file("/dev/zero", 100, &data, &len), ERR_LIMIT);
}

static void
close_sets_the_descriptor_to_minus_one(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int copy = fd;

	(void)state;
	io_close(&fd);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(copy, F_GETFD), -1);
	io_close(&fd);
	assert_int_equal(fd, -1);
}

static void
the_clock_goes_forward(void **state)
{
	int64_t start = io_now_ms();

	(void)state;
	poll(NULL, 0, SOON_MS);
	assert_in_range(io_now_ms() - start, SOON_MS - 1, LONG_MS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(read_takes_exactly_n_bytes, no_faults),
		cmocka_unit_test_teardown(read_joins_pieces_and_survives_interruptions, no_faults),
		cmocka_unit_test_teardown(the_nth_read_that_fails_is_reported, no_faults),
		cmocka_unit_test_teardown(read_says_closed_at_an_early_end, no_faults),
		cmocka_unit_test_teardown(read_keeps_its_deadline, no_faults),
		cmocka_unit_test_teardown(read_waits_on_a_nonblocking_descriptor, no_faults),
		cmocka_unit_test_teardown(read_of_no_descriptor_fails, no_faults),
		cmocka_unit_test_teardown(write_sends_all_of_every_piece, no_faults),
		cmocka_unit_test_teardown(the_nth_write_that_fails_is_reported, no_faults),
		cmocka_unit_test_teardown(write_to_a_closed_socket_is_closed_and_raises_nothing, no_faults),
		cmocka_unit_test_teardown(write_keeps_its_deadline_when_nobody_reads, no_faults),
		cmocka_unit_test_teardown(write_reaches_files_and_pipes, no_faults),
		cmocka_unit_test_teardown(wait_tells_readiness_from_timeout, no_faults),
		cmocka_unit_test_teardown(a_signal_does_not_end_a_wait, no_faults),
		cmocka_unit_test_teardown(read_to_end_keeps_its_limit_exactly, no_faults),
		cmocka_unit_test_teardown(read_to_end_reports_the_nth_failure, no_faults),
		cmocka_unit_test_teardown(read_file_tells_missing_from_unreadable, no_faults),
		cmocka_unit_test_teardown(close_sets_the_descriptor_to_minus_one, no_faults),
		cmocka_unit_test_teardown(the_clock_goes_forward, no_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

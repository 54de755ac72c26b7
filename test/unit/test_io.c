/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read, sendmsg and open are replaced (ld --wrap) by ones that fail or stop short when told to. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
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
int
__wrap_open(const char *path, int flags, ...);
int
__real_open(const char *path, int flags, ...);

static int calls_until_error; /* 0: none fails */
static int error_to_give;
static size_t most_at_once; /* 0: no bound */
static bool refuses_unnamed;

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

int
__wrap_open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(ap, int) : 0;

	va_end(ap);
	if (refuses_unnamed && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_open(path, flags, mode);
}

static int
no_faults(void **state)
{
	(void)state;
	calls_until_error = 0;
	most_at_once = 0;
	refuses_unnamed = false;
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

static char *
make_directory(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = xasprintf("%s/dcc-test-XXXXXX", tmp != NULL ? tmp : "/tmp");

	assert_non_null(mkdtemp(dir));
	return dir;
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

/* Names and directories. */

static void
check_empty(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	assert_int_equal(count, 2);
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static void
check_unnamed(const char *dir)
{
	struct stat st;
	char c = 0;
	int fd = -1;

	assert_int_equal(io_open_unnamed(dir, &fd), OK);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 0077, 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(pread(fd, &c, 1, 0), 1);
	assert_int_equal(c, 'x');
	io_close(&fd);
}

static void
an_unnamed_file_leaves_no_name(void **state)
{
	char *dir = make_directory();

	(void)state;
	check_unnamed(dir);
	check_empty(dir);
	refuses_unnamed = true;
	check_unnamed(dir);
	check_empty(dir);
	assert_int_equal(rmdir(dir), 0);
	free(dir);
}

static void
an_unnamed_file_is_made_on_tmpfs(void **state)
{
	struct statfs fs;

	(void)state;
	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != 0x01021994)
		skip();
	check_unnamed("/dev/shm");
}

static void
an_unnamed_file_needs_a_directory(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(io_open_unnamed("/nonexistent", &fd), ERR_SYSTEM);
	assert_int_equal(io_open_unnamed("/dev/null", &fd), ERR_SYSTEM);
	assert_int_equal(io_open_unnamed("/proc", &fd), ERR_SYSTEM);
	assert_int_equal(fd, -1);
}

static void
make_dirs_makes_what_is_missing(void **state)
{
	char *dir = make_directory();
	char *deep = xasprintf("%s/a//b/c/", dir);
	struct stat st;

	(void)state;
	mode_t mask = umask(0);

	assert_int_equal(io_make_dirs(deep, 0750), OK);
	umask(mask);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(io_make_dirs(deep, 0700), OK);
	assert_int_equal(stat(deep, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_int_equal(io_make_dirs("/", 0700), OK);
	assert_int_equal(io_make_dirs("", 0700), OK);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(io_make_dirs("x/y", 0700), OK);
	assert_int_equal(io_make_dirs("./x/../z", 0700), OK);
	assert_int_equal(stat("z", &st), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(deep);
	free(dir);
}

static void
make_dirs_goes_through_read_only_parents(void **state)
{
	(void)state;
	/* Not even root can make anything there, but it exists. */
	assert_int_equal(io_make_dirs("/proc/self/fd", 0700), OK);
	assert_int_equal(io_make_dirs("/proc/self/nothing", 0700), ERR_SYSTEM);
}

static void
make_dirs_refuses_a_file_in_its_place(void **state)
{
	char *dir = make_directory();
	char *file = xasprintf("%s/file", dir);
	char *below = xasprintf("%s/file/below", dir);
	char *dangling = xasprintf("%s/dangling", dir);

	(void)state;
	int fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	io_close(&fd);
	assert_int_equal(io_make_dirs(file, 0700), ERR_SYSTEM);
	assert_int_equal(io_make_dirs(below, 0700), ERR_SYSTEM);
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(io_make_dirs(dangling, 0700), ERR_SYSTEM);
	assert_int_equal(unlink(dangling), 0);
	assert_int_equal(symlink(".", dangling), 0);
	assert_int_equal(io_make_dirs(dangling, 0700), OK);
	unlink(dangling);
	unlink(file);
	assert_int_equal(rmdir(dir), 0);
	free(file);
	free(below);
	free(dangling);
	free(dir);
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
		cmocka_unit_test_teardown(an_unnamed_file_leaves_no_name, no_faults),
		cmocka_unit_test_teardown(an_unnamed_file_is_made_on_tmpfs, no_faults),
		cmocka_unit_test_teardown(an_unnamed_file_needs_a_directory, no_faults),
		cmocka_unit_test_teardown(make_dirs_makes_what_is_missing, no_faults),
		cmocka_unit_test_teardown(make_dirs_goes_through_read_only_parents, no_faults),
		cmocka_unit_test_teardown(make_dirs_refuses_a_file_in_its_place, no_faults),
		cmocka_unit_test_teardown(close_sets_the_descriptor_to_minus_one, no_faults),
		cmocka_unit_test_teardown(the_clock_goes_forward, no_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "locks.h"
#include "process.h"
#include "xalloc.h"

#include "locks_fixture.h"

/* The C library's function, with a switch: the limit on instances is the whole user's. */
static bool is_inotify_gone;
static int watch = -1;
static bool is_watch_closed_here;

int
inotify_init1(int flags)
{
	if (is_inotify_gone) {
		errno = EMFILE;
		return -1;
	}
	watch = (int)syscall(SYS_inotify_init1, flags);
	return watch;
}

/* Likewise: who closes the watch. */
int
close(int fd)
{
	if (fd >= 0 && fd == watch && gettid() == getpid())
		is_watch_closed_here = true;
	return (int)syscall(SYS_close, fd);
}

static const struct lock_choice three[] = {{"red", 0}, {"blue", 0}, {"red", 1}};

static void
choices_are_taken_in_order(void **state)
{
	struct lock locks[3] = {LOCK_INIT, LOCK_INIT, LOCK_INIT};
	int waits = 0;
	struct lock_request r = {.dir = *state,
	                         .queue = "q",
	                         .choices = three,
	                         .count = 3,
	                         .on_wait = count_wait,
	                         .context = &waits,
	                         .deadline_ms = IO_NO_DEADLINE};
	size_t taken;

	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(locks_take(&r, &locks[i], &taken), OK);
		assert_int_equal(taken, i);
	}
	assert_int_equal(waits, 0);
	locks_release(&locks[1]);
	assert_int_equal(locks_take(&r, &locks[1], &taken), OK);
	assert_int_equal(taken, 1);
	r.deadline_ms = io_now_ms() + 30;
	struct lock none = LOCK_INIT;

	assert_int_equal(locks_take(&r, &none, &taken), ERR_TIMEOUT);
	assert_int_equal(waits, 1);
	assert_int_equal(none.fd, -1);
	for (size_t i = 0; i < 3; i++)
		locks_release(&locks[i]);
	locks_release(&locks[0]);
	assert_int_equal(locks[0].fd, -1);
}

static void
nothing_to_choose_from_is_missing(void **state)
{
	struct lock lock = LOCK_INIT;

	assert_int_equal(take(*state, NULL, 0, IO_NO_DEADLINE, &lock), ERR_MISSING);
}

static void
directory_that_is_not_there_is_a_system_error(void **state)
{
	struct lock lock = LOCK_INIT;

	(void)state;
	assert_int_equal(take("/nonexistent/lock", one, 1, IO_NO_DEADLINE, &lock), ERR_SYSTEM);
	assert_int_equal(lock.fd, -1);
}

static void
ignore(int number)
{
	(void)number;
}

/* Waits in a child, before the deadline or for ever; the child's exit code is the result. */
static pid_t
start_waiter(const char *dir, const struct lock *held, int64_t deadline_ms)
{
	pid_t pid = fork_without(held);

	if (pid == 0) {
		struct lock lock = LOCK_INIT;

		process_catch_signals();
		_exit((int)take(dir, one, 1, deadline_ms, &lock));
	}
	sleep_ms(30);
	return pid;
}

static void
deadline_ends_the_wait_of_the_first_and_the_second(void **state)
{
	struct lock lock = LOCK_INIT;

	signal(SIGALRM, ignore);
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	int64_t start = io_now_ms();
	pid_t first = start_waiter(*state, &lock, start + 1200);
	pid_t second = start_waiter(*state, &lock, start + 200);

	assert_int_equal(exit_code_of(second), ERR_TIMEOUT);
	assert_true(io_now_ms() - start >= 200 && io_now_ms() - start < 1190);
	assert_int_equal(exit_code_of(first), ERR_TIMEOUT);
	assert_true(io_now_ms() - start >= 1200);
	locks_release(&lock);
}

static void
stop_signal_ends_the_wait_of_the_first_and_the_second(void **state)
{
	struct lock lock = LOCK_INIT;

	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	pid_t first = start_waiter(*state, &lock, IO_NO_DEADLINE);
	pid_t second = start_waiter(*state, &lock, IO_NO_DEADLINE);

	kill(second, SIGTERM);
	assert_int_equal(exit_code_of(second), ERR_CLOSED);
	kill(first, SIGINT);
	assert_int_equal(exit_code_of(first), ERR_CLOSED);
	locks_release(&lock);
}

static void
killed_holder_frees_its_slot(void **state)
{
	for (int i = 0; i < 20; i++) {
		const struct lock none = LOCK_INIT;
		int ready[2];
		char c;

		assert_int_equal(pipe(ready), 0);
		pid_t holder = fork();

		if (holder == 0) {
			struct lock lock = LOCK_INIT;

			if (take(*state, one, 1, IO_NO_DEADLINE, &lock) == OK && write(ready[1], "x", 1) == 1)
				pause();
			_exit(1);
		}
		assert_int_equal(read(ready[0], &c, 1), 1);
		pid_t waiter = start_waiter(*state, &none, io_now_ms() + 5000);
		int64_t start = io_now_ms();

		kill(holder, SIGKILL);
		assert_int_equal(exit_code_of(waiter), OK);
		assert_true(io_now_ms() - start < 1000);
		assert_int_equal(exit_code_of(holder), -1);
		close(ready[0]);
		close(ready[1]);
	}
}

static void
without_inotify_a_waiter_still_gets_a_slot(void **state)
{
	struct lock lock = LOCK_INIT;

	is_inotify_gone = true;
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	pid_t waiter = start_waiter(*state, &lock, IO_NO_DEADLINE);
	pid_t stopped = start_waiter(*state, &lock, IO_NO_DEADLINE);

	kill(stopped, SIGTERM);
	assert_int_equal(exit_code_of(stopped), ERR_CLOSED);
	locks_release(&lock);
	assert_int_equal(exit_code_of(waiter), OK);
	is_inotify_gone = false;
}

static void
tell_wait(void *context)
{
	const int *to = context;

	if (write(*to, "w", 1) != 1)
		_exit(1);
}

/* The kernel takes its time for that, and the job has none. */
static void
watch_is_closed_by_another_thread(void **state)
{
	struct lock lock = LOCK_INIT;

	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	pid_t pid = fork_without(&lock);

	if (pid == 0) {
		struct lock mine = LOCK_INIT;

		watch = -1;
		is_watch_closed_here = false;
		enum err e = take(*state, one, 1, IO_NO_DEADLINE, &mine);

		_exit(e == OK && watch >= 0 && !is_watch_closed_here ? 0 : 1);
	}
	sleep_ms(50);
	locks_release(&lock);
	assert_int_equal(exit_code_of(pid), 0);
}

static void
more_slots_than_descriptors_can_be_waited_for(void **state)
{
	static struct lock_choice many[120];
	struct lock locks[120];
	int fds[2];
	char c;

	assert_int_equal(pipe(fds), 0);
	for (unsigned i = 0; i < 120; i++) {
		many[i] = (struct lock_choice){"red", i};
		locks[i] = (struct lock)LOCK_INIT;
		assert_int_equal(take(*state, many, i + 1, IO_NO_DEADLINE, &locks[i]), OK);
	}
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit few = {60, 60};
		struct lock mine = LOCK_INIT;
		size_t taken = 119;
		struct lock_request r = {.dir = *state,
		                         .queue = "q",
		                         .choices = many,
		                         .count = 120,
		                         .on_wait = tell_wait,
		                         .context = &fds[1],
		                         .deadline_ms = io_now_ms() + 5000};

		for (size_t i = 0; i < 120; i++)
			close(locks[i].fd);
		setrlimit(RLIMIT_NOFILE, &few);
		enum err e = locks_take(&r, &mine, &taken);

		_exit(e == OK ? (int)taken : 200);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	sleep_ms(30);
	locks_release(&locks[3]);
	assert_int_equal(exit_code_of(pid), 3);
	for (size_t i = 0; i < 120; i++)
		locks_release(&locks[i]);
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(choices_are_taken_in_order),
		IN_DIR(nothing_to_choose_from_is_missing),
		cmocka_unit_test(directory_that_is_not_there_is_a_system_error),
		IN_DIR(deadline_ends_the_wait_of_the_first_and_the_second),
		IN_DIR(stop_signal_ends_the_wait_of_the_first_and_the_second),
		IN_DIR(killed_holder_frees_its_slot),
		IN_DIR(without_inotify_a_waiter_still_gets_a_slot),
		IN_DIR(watch_is_closed_by_another_thread),
		IN_DIR(more_slots_than_descriptors_can_be_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

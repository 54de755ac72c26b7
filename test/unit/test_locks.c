/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "locks.h"
#include "process.h"
#include "xalloc.h"

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
static const struct lock_choice one[] = {{"red", 0}};

static int
make_dir(void **state)
{
	char template[] = "/tmp/test-locks-XXXXXX";

	is_inotify_gone = false;
	*state = xstrdup(mkdtemp(template));
	return 0;
}

static int
remove_dir(void **state)
{
	DIR *d = opendir(*state);

	for (const struct dirent *entry; (entry = readdir(d)) != NULL;)
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	closedir(d);
	rmdir(*state);
	free(*state);
	return 0;
}

static void
count_wait(void *context)
{
	++*(int *)context;
}

/* Takes one of count choices before the deadline, in the queue "q". */
static enum err
take(const char *dir, const struct lock_choice *choices, size_t count, int64_t deadline_ms,
     struct lock *lock)
{
	size_t taken;
	int waits = 0;
	struct lock_request r = {.dir = dir,
	                         .queue = "q",
	                         .choices = choices,
	                         .count = count,
	                         .on_wait = count_wait,
	                         .context = &waits,
	                         .deadline_ms = deadline_ms};

	return locks_take(&r, lock, &taken);
}

static void
sleep_ms(long ms)
{
	struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int
exit_code_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

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

/*
 * A child of dcc closes slots when it runs another program (O_CLOEXEC); ours run none. A copy that
 * stayed open would keep the event of the close from coming.
 */
static pid_t
fork_without(const struct lock *held)
{
	pid_t pid = fork();

	if (pid == 0)
		close(held->fd);
	return pid;
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
}

/* What a child tells about its wait. */
struct told {
	int number;
	int64_t got_us;     /* when it had the slot */
	int64_t waited_cpu; /* processor time between the start of the wait and the slot */
	int64_t wakes;      /* times that it slept in between */
};

static int64_t
sleeps(void)
{
	struct rusage u;

	getrusage(RUSAGE_THREAD, &u);
	return u.ru_nvcsw;
}

static void
tell_wait(void *context)
{
	const int *to = context;

	if (write(*to, "w", 1) != 1)
		_exit(1);
}

static void
note_start(void *context)
{
	struct told *t = context;

	t->waited_cpu = cpu_us();
	t->wakes = sleeps();
}

/* As fork_without(), for a parent that holds many: of its files only these two stay open. */
static pid_t
fork_with(int fd, int other)
{
	pid_t pid = fork();

	for (int i = STDERR_FILENO + 1; pid == 0 && i < 512; i++)
		if (i != fd && i != other)
			close(i);
	return pid;
}

/* Waits, tells through fd, releases, ends. */
static pid_t
start_teller(const char *dir, int number, int fd)
{
	pid_t pid = fork_with(fd, -1);

	if (pid != 0)
		return pid;
	struct told t = {.number = number};
	struct lock lock = LOCK_INIT;
	size_t taken;
	struct lock_request r = {.dir = dir,
	                         .queue = "q",
	                         .choices = one,
	                         .count = 1,
	                         .on_wait = note_start,
	                         .context = &t,
	                         .deadline_ms = IO_NO_DEADLINE};

	if (locks_take(&r, &lock, &taken) != OK)
		_exit(1);
	t.got_us = now_us();
	t.waited_cpu = cpu_us() - t.waited_cpu;
	t.wakes = sleeps() - t.wakes;
	locks_release(&lock);
	_exit(write(fd, &t, sizeof(t)) == (ssize_t)sizeof(t) ? 0 : 1);
}

static void
waiters_are_served_in_order_of_arrival(void **state)
{
	struct lock lock = LOCK_INIT;
	pid_t pids[12];
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	for (int i = 0; i < 12; i++) {
		pids[i] = start_teller(*state, i, fds[1]);
		sleep_ms(150);
	}
	locks_release(&lock);
	/* A newcomer must stand behind most of them: flock(2) lets one in that comes in the moment of a handover. */
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	int64_t mine = now_us();

	locks_release(&lock);
	for (int i = 0; i < 12; i++)
		assert_int_equal(exit_code_of(pids[i]), 0);
	int64_t last = 0;
	int overtaken = 0, misplaced = 0;

	for (int i = 0; i < 12; i++) {
		struct told t;

		assert_int_equal(read(fds[0], &t, sizeof(t)), sizeof(t));
		overtaken += t.got_us >= mine;
		misplaced += t.number != i;
		assert_true(t.got_us >= last);
		last = t.got_us;
	}
	assert_true(overtaken <= 8);
	assert_true(misplaced <= 4);
	close(fds[0]);
	close(fds[1]);
}

static int
compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sleeps in read(2) until a byte comes, and tells through fd: what this machine needs to wake somebody. */
static pid_t
start_reader(int wake_fd, int fd)
{
	pid_t pid = fork_with(wake_fd, fd);

	if (pid != 0)
		return pid;
	struct told t = {0};
	char c;

	if (read(wake_fd, &c, 1) != 1)
		_exit(1);
	t.got_us = now_us();
	_exit(write(fd, &t, sizeof(t)) == (ssize_t)sizeof(t) ? 0 : 1);
}

static int64_t
median(int64_t *times, size_t n)
{
	qsort(times, n, sizeof(times[0]), compare_times);
	return times[n / 2];
}

#define SLEEPERS 21

/* One that waits for the slot of a directory of its own, and one that only reads, to compare it with. */
struct sleeper {
	char dir[PATH_MAX];
	struct lock lock;
	int wake[2];
	pid_t waiter, reader;
};

static void
sleeper_start(struct sleeper *s, const char *dir, int number, int fd)
{
	snprintf(s->dir, sizeof(s->dir), "%s/%d", dir, number);
	assert_int_equal(mkdir(s->dir, 0700), 0);
	assert_int_equal(pipe(s->wake), 0);
	s->lock = (struct lock)LOCK_INIT;
	assert_int_equal(take(s->dir, one, 1, IO_NO_DEADLINE, &s->lock), OK);
	s->waiter = start_teller(s->dir, number, fd);
	s->reader = start_reader(s->wake[0], fd);
}

static void
sleeper_end(const struct sleeper *s)
{
	char path[PATH_MAX + 16];

	assert_int_equal(exit_code_of(s->waiter), 0);
	assert_int_equal(exit_code_of(s->reader), 0);
	close(s->wake[0]);
	close(s->wake[1]);
	snprintf(path, sizeof(path), "%s/cpu_red_0", s->dir);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s/queue_q", s->dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(s->dir), 0);
}

/*
 * Sleeping shows in the time of the wake-up, polling in the number of sleeps: 800 ms see the ninth
 * and last but two of the head's own retries. Who polls so slowly that it is not counted is 30 ms late.
 */
static void
waiter_neither_polls_nor_sleeps_longer_than_it_must(void **state)
{
	static struct sleeper sleepers[SLEEPERS];
	int64_t late[SLEEPERS], late_reader[SLEEPERS], wakes[SLEEPERS];
	struct told t;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	for (int i = 0; i < SLEEPERS; i++)
		sleeper_start(&sleepers[i], *state, i, fds[1]);
	sleep_ms(800);
	for (int i = 0; i < SLEEPERS; i++) {
		int64_t start = now_us();

		locks_release(&sleepers[i].lock);
		assert_int_equal(read(fds[0], &t, sizeof(t)), sizeof(t));
		late[i] = t.got_us - start;
		wakes[i] = t.wakes;
		start = now_us();
		assert_int_equal(write(sleepers[i].wake[1], "x", 1), 1);
		assert_int_equal(read(fds[0], &t, sizeof(t)), sizeof(t));
		late_reader[i] = t.got_us - start;
		sleeper_end(&sleepers[i]);
	}
	int64_t waiter_us = median(late, SLEEPERS), reader_us = median(late_reader, SLEEPERS);

	print_message("wake-up: median %lld us, longest %lld us; a reader of a pipe: %lld, %lld us; %lld sleeps\n",
	              (long long)waiter_us, (long long)late[SLEEPERS - 1], (long long)reader_us,
	              (long long)late_reader[SLEEPERS - 1], (long long)median(wakes, SLEEPERS));
	assert_true(waiter_us < 2 * reader_us + 25000);
	assert_true(wakes[SLEEPERS / 2] <= 13);
	close(fds[0]);
	close(fds[1]);
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

#define CROWD 400

static void
crowd_of_waiters_burns_no_cpu(void **state)
{
	struct lock lock = LOCK_INIT;
	static pid_t pids[CROWD];
	int64_t total = 0;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	for (int i = 0; i < CROWD; i++)
		pids[i] = start_teller(*state, i, fds[1]);
	/* Long enough for the head's retries to end, and to show any polling. */
	sleep_ms(3000);
	int64_t start = now_us();

	locks_release(&lock);
	for (int i = 0; i < CROWD; i++) {
		struct told t;

		assert_int_equal(read(fds[0], &t, sizeof(t)), sizeof(t));
		total += t.waited_cpu;
	}
	print_message("%d waiters: %lld us of processor time each, all served in %lld ms\n", CROWD,
	              (long long)(total / CROWD), (long long)((now_us() - start) / 1000));
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(exit_code_of(pids[i]), 0);
	/* 3 s of wait; a poll a millisecond would cost each of them more than 10 ms. */
	assert_true(total < CROWD * 3000);
	close(fds[0]);
	close(fds[1]);
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

#define IN_DIR(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

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
		IN_DIR(waiters_are_served_in_order_of_arrival),
		IN_DIR(waiter_neither_polls_nor_sleeps_longer_than_it_must),
		IN_DIR(watch_is_closed_by_another_thread),
		IN_DIR(crowd_of_waiters_burns_no_cpu),
		IN_DIR(more_slots_than_descriptors_can_be_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

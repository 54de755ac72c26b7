/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a wait for a slot costs, and how soon it ends. */
#define _GNU_SOURCE
#include <dirent.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "io.h"
#include "locks.h"
#include "xalloc.h"

#include "locks_fixture.h"

static int64_t
cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
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
	/* Told before the next one has it: in order. */
	int failed = write(fd, &t, sizeof(t)) != (ssize_t)sizeof(t);

	locks_release(&lock);
	_exit(failed);
}

static bool
is_asleep(pid_t pid)
{
	char path[64], state = '?';

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
	fclose(f);
	return state == 'S';
}

/* Until it stands in the queue: that is all that it sleeps for. */
static void
wait_until_asleep(pid_t pid)
{
	for (int seen = 0; seen < 3; seen = is_asleep(pid) ? seen + 1 : 0)
		sleep_ms(1);
}

#define LINE 12

static void
waiters_are_served_in_order_of_arrival(void **state)
{
	struct lock lock = LOCK_INIT;
	pid_t pids[LINE];
	struct told t;
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	for (int i = 0; i < LINE; i++) {
		pids[i] = start_teller(*state, i, fds[1]);
		wait_until_asleep(pids[i]);
	}
	locks_release(&lock);
	for (int i = 0; i < LINE; i++) {
		assert_int_equal(read(fds[0], &t, sizeof(t)), sizeof(t));
		assert_int_equal(t.number, i);
	}
	for (int i = 0; i < LINE; i++)
		assert_int_equal(exit_code_of(pids[i]), 0);
	close(fds[0]);
	close(fds[1]);
}

/*
 * flock(2) lets one in that asks in the moment of a handover, before those who sleep. Somebody who asks
 * all the time has that luck for some time slices, but does not keep the others out.
 */
#define MANY_TURNS 20000

static void
greedy_newcomer_does_not_keep_waiters_out(void **state)
{
	struct lock lock = LOCK_INIT;
	pid_t pids[LINE];
	int turns = 0;
	int fds[2];
	struct pollfd p;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
	for (int i = 0; i < LINE; i++) {
		pids[i] = start_teller(*state, i, fds[1]);
		wait_until_asleep(pids[i]);
	}
	close(fds[1]);
	p = (struct pollfd){.fd = fds[0], .events = POLLIN};
	for (int served = 0; served < LINE && turns < MANY_TURNS;) {
		struct told t;

		locks_release(&lock);
		assert_int_equal(take(*state, one, 1, IO_NO_DEADLINE, &lock), OK);
		turns++;
		while (served < LINE && poll(&p, 1, 0) == 1) {
			assert_int_equal(read(fds[0], &t, sizeof(t)), sizeof(t));
			served++;
		}
	}
	locks_release(&lock);
	print_message("%d turns of a greedy one until %d waiters were served\n", turns, LINE);
	assert_true(turns < MANY_TURNS);
	for (int i = 0; i < LINE; i++)
		assert_int_equal(exit_code_of(pids[i]), 0);
	close(fds[0]);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		IN_DIR(waiters_are_served_in_order_of_arrival),
		IN_DIR(greedy_newcomer_does_not_keep_waiters_out),
		IN_DIR(waiter_neither_polls_nor_sleeps_longer_than_it_must),
		IN_DIR(crowd_of_waiters_burns_no_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

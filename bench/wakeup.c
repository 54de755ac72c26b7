/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wakeup ROUNDS WAITERS: how soon a client goes on whose slot another one releases (median and longest of
 * ROUNDS), and how long it takes until one slot has gone through the hands of WAITERS clients.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "locks.h"

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
ignore(void *context)
{
	(void)context;
}

static enum err
take(const char *dir, struct lock *lock)
{
	const struct lock_choice slot = {"slot", 0};
	struct lock_request r = {.dir = dir,
	                         .queue = "bench",
	                         .choices = &slot,
	                         .count = 1,
	                         .on_wait = ignore,
	                         .deadline_ms = IO_NO_DEADLINE};
	size_t taken;

	return locks_take(&r, lock, &taken);
}

/* A client that waits for the slot that held is, tells through fd when it has it, and releases it. */
static void
start_waiter(const char *dir, const struct lock *held, int fd)
{
	struct lock mine = LOCK_INIT;

	if (fork() != 0)
		return;
	close(held->fd);
	if (take(dir, &mine) != OK)
		_exit(1);
	int64_t now = now_us();

	locks_release(&mine);
	_exit(write(fd, &now, sizeof(now)) == (ssize_t)sizeof(now) ? 0 : 1);
}

/* From the release until the last of the waiters has had the slot; -1 when one of them failed. */
static int64_t
hand_over(const char *dir, int waiters, long pause_ms)
{
	struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};
	struct lock lock = LOCK_INIT;
	int64_t start, t, last = 0;
	int fds[2], status, failed = 0;

	if (take(dir, &lock) != OK || pipe(fds) != 0)
		return -1;
	for (int i = 0; i < waiters; i++)
		start_waiter(dir, &lock, fds[1]);
	nanosleep(&pause, NULL);
	start = now_us();
	locks_release(&lock);
	while (wait(&status) > 0)
		failed += status != 0;
	close(fds[1]);
	while (read(fds[0], &t, sizeof(t)) == (ssize_t)sizeof(t))
		last = t > last ? t : last;
	close(fds[0]);
	return failed == 0 ? last - start : -1;
}

static int
compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	char dir[] = "/tmp/dcc-wakeup-XXXXXX";
	int rounds = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
	int waiters = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 0;
	int64_t *times = rounds > 0 ? calloc((size_t)rounds, sizeof(*times)) : NULL;

	if (times == NULL || waiters < 1 || waiters > 4000 || mkdtemp(dir) == NULL || chdir(dir) != 0) {
		fprintf(stderr, "usage: wakeup ROUNDS WAITERS\n");
		return 1;
	}
	for (int i = 0; i < rounds; i++)
		times[i] = hand_over(dir, 1, 40);
	qsort(times, (size_t)rounds, sizeof(*times), compare_times);
	int64_t all = hand_over(dir, waiters, 3000);

	unlink("cpu_slot_0");
	unlink("queue_bench");
	rmdir(dir);
	printf("wake-up after a release: median %lld us, longest of %d: %lld us\n", (long long)times[rounds / 2],
	       rounds, (long long)times[rounds - 1]);
	printf("one slot through the hands of %d waiting clients: %lld us\n", waiters, (long long)all);
	int status = times[0] < 0 || all < 0;

	free(times);
	return status;
}

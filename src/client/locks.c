/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files in dir: "cpu_ID_N" for a slot, "queue_NAME" for a turnstile. A job first goes through its
 * turnstile, tries all slots there and leaves it again with one of them. If none is free it stays
 * in the turnstile as the head of the queue, and sleeps until inotify reports that a slot's file
 * was closed; those behind it sleep in flock(2), which the kernel serves in order of arrival. So a
 * release wakes one process, and nobody overtakes.
 *
 * Three things about the kernel shape the wait. The event of a close comes from our own tries too,
 * so the head keeps the files open that it tries again. When a process dies, the event is queued
 * before its lock is dropped: the try that follows an event is repeated a few times at growing
 * intervals. And closing an inotify instance takes 5 to 25 ms, in which the kernel waits for whoever
 * may look at a watch: a thread does that, beside the job. Rejected: distcc's sleep of a second
 * between rounds (idle slots), and a lock per waiter to be woken by (inotify instances are few).
 */
/* flock(2) and inotify(7). */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/time.h>
#include <unistd.h>

#include "io.h"
#include "locks.h"
#include "log.h"
#include "process.h"
#include "xalloc.h"

/* Files of tried slots kept open; the usual limit of a process is 1024 descriptors. */
#define KEEP_MAX 768u
#define SPARE 16u /* left for others when descriptors run out */
#define RETRIES 11 /* after 1, 2, 4 ... 1024 ms */

/* A job on its way to a slot. */
struct attempt {
	const struct lock_request *r;
	int dir_fd;
	int turnstile; /* its file */
	int inotify;
	int *slots; /* the files of the first kept choices, -1 while not opened */
	size_t kept;
};

/* Errors are the caller's to log. */
static int
open_lock(int dir_fd, const char *name)
{
	/*
	 * O_RDONLY suffices for flock(2), also on a file that another user of a shared directory
	 * made.
	 */
	return openat(dir_fd, name, O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
}

static int
open_slot(const struct attempt *a, size_t i)
{
	char name[NAME_MAX + 1];
	int n = snprintf(name, sizeof(name), "cpu_%s_%u", a->r->choices[i].id, a->r->choices[i].slot);

	if (n < 0 || (size_t)n >= sizeof(name)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open_lock(a->dir_fd, name);
}

/* One choice. OK: *fd is locked; ERR_BUSY; ERR_SYSTEM with errno. */
static enum err
try_slot(struct attempt *a, size_t i, int *fd)
{
	int f = i < a->kept ? a->slots[i] : -1;

	if (f < 0 && (f = open_slot(a, i)) < 0)
		return ERR_SYSTEM;
	if (i < a->kept)
		a->slots[i] = f;
	if (flock(f, LOCK_EX | LOCK_NB) == 0) {
		if (i < a->kept)
			a->slots[i] = -1;
		*fd = f;
		return OK;
	}
	enum err e = errno == EWOULDBLOCK ? ERR_BUSY : ERR_SYSTEM;

	if (i >= a->kept)
		close(f);
	return e;
}

/* Keeps fewer than n files. */
static void
keep_less(struct attempt *a, size_t n)
{
	size_t less = n > 2 * SPARE ? n - SPARE : 1;

	for (; a->kept > less; a->kept--)
		io_close(&a->slots[a->kept - 1]);
}

/*
 * The first count choices, in order. Without descriptors for all, those that could be opened must
 * do.
 */
static enum err
try_slots(struct attempt *a, size_t count, struct lock *lock, size_t *taken)
{
	for (size_t i = 0; i < count; i++) {
		enum err e = try_slot(a, i, &lock->fd);

		if (e == OK)
			*taken = i;
		if (e == ERR_SYSTEM && errno == EMFILE && i > 0) {
			keep_less(a, i);
			return ERR_BUSY;
		}
		if (e == ERR_SYSTEM)
			log_warning("cannot lock a slot in %s: %s", a->r->dir, strerror(errno));
		if (e != ERR_BUSY)
			return e;
	}
	return ERR_BUSY;
}

static void
ignore_signal(int number)
{
	(void)number;
}

/* SIGALRM at the deadline, and again and again, in case the first comes just before flock(2). */
static void
set_alarm(int64_t deadline_ms)
{
	int64_t left = deadline_ms - io_now_ms();
	struct itimerval t = {.it_interval.tv_usec = 10000};

	if (left < 1)
		left = 1;
	t.it_value.tv_sec = (time_t)(left / 1000);
	t.it_value.tv_usec = (suseconds_t)(left % 1000 * 1000);
	setitimer(ITIMER_REAL, &t, NULL);
}

/* Until the lock is ours, the deadline, or a stop signal. */
static enum err
lock_repeatedly(int fd, int64_t deadline_ms)
{
	for (;;) {
		if (process_caught_signal() != 0)
			return ERR_CLOSED;
		if (io_now_ms() >= deadline_ms)
			return ERR_TIMEOUT;
		if (flock(fd, LOCK_EX) == 0)
			return OK;
		if (errno != EINTR)
			return ERR_SYSTEM;
	}
}

/*
 * flock(2) takes no mask: a stop signal that falls between the look and the call is seen when the
 * lock comes.
 */
static enum err
lock_waiting(int fd, int64_t deadline_ms)
{
	const struct itimerval never = {{0, 0}, {0, 0}};
	struct sigaction wake = {.sa_handler = ignore_signal};
	struct sigaction before;
	bool has_alarm = deadline_ms != IO_NO_DEADLINE;

	if (has_alarm) {
		sigaction(SIGALRM, &wake, &before);
		set_alarm(deadline_ms);
	}
	process_unblock_signals();
	enum err e = lock_repeatedly(fd, deadline_ms);

	process_block_signals();
	if (has_alarm) {
		setitimer(ITIMER_REAL, &never, NULL);
		sigaction(SIGALRM, &before, NULL);
	}
	if (e == OK && process_caught_signal() != 0)
		e = ERR_CLOSED;
	if (e == ERR_SYSTEM)
		log_warning("cannot wait for a lock: %s", strerror(errno));
	return e;
}

/* Empties the queue of events; true if one was about a slot, or events were lost. */
static bool
drain_events(int inotify)
{
	_Alignas(struct inotify_event) char buf[4096];
	bool is_about_slot = false;
	ssize_t n;

	while ((n = read(inotify, buf, sizeof(buf))) > 0) {
		for (const char *p = buf; p < buf + n;) {
			struct inotify_event event;

			memcpy(&event, p, sizeof(event));
			const char *name = p + sizeof(event);

			if ((event.mask & IN_Q_OVERFLOW) != 0 ||
			    (event.len > 4 && memcmp(name, "cpu_", 4) == 0))
				is_about_slot = true;
			p = name + event.len;
		}
	}
	return is_about_slot;
}

/* Sleeps until a slot's file is closed; for 2^step ms at most while there are retries left. */
static enum err
sleep_for_event(const struct attempt *a, int *step)
{
	struct pollfd p = {.fd = a->inotify, .events = POLLIN};
	int64_t until = a->r->deadline_ms;

	if (*step < RETRIES && io_now_ms() + (1 << *step) < until)
		until = io_now_ms() + (1 << *step);
	for (;;) {
		enum err e = process_poll(&p, 1, until);

		if (e == OK && p.revents != 0 && drain_events(a->inotify)) {
			*step = 0;
			return OK;
		}
		if (e == ERR_TIMEOUT && until != a->r->deadline_ms) {
			++*step;
			return OK;
		}
		if (e != OK)
			return e;
	}
}

/* The head of the queue: the watch was set before the try, so no release falls between them. */
static enum err
wait_for_event(struct attempt *a, struct lock *lock, size_t *taken)
{
	int step = 0;

	for (;;) {
		enum err e = try_slots(a, a->kept, lock, taken);

		if (e != ERR_BUSY)
			return e;
		e = sleep_for_event(a, &step);
		if (e != OK)
			return e;
	}
}

/* Where inotify has no instance left: wait for one slot, another one in each process. */
static enum err
wait_for_one(struct attempt *a, struct lock *lock, size_t *taken)
{
	size_t i = (size_t)getpid() % a->kept;
	enum err e = lock_waiting(a->slots[i], a->r->deadline_ms);

	if (e == OK) {
		lock->fd = a->slots[i];
		a->slots[i] = -1;
		*taken = i;
	}
	return e;
}

static enum err
wait_as_head(struct attempt *a, struct lock *lock, size_t *taken)
{
	a->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (a->inotify >= 0 &&
	    inotify_add_watch(a->inotify, a->r->dir, IN_CLOSE_WRITE | IN_CLOSE_NOWRITE) >= 0)
		return wait_for_event(a, lock, taken);
	log_debug("no inotify on %s: %s", a->r->dir, strerror(errno));
	return wait_for_one(a, lock, taken);
}

static enum err
open_turnstile(struct attempt *a)
{
	char name[NAME_MAX + 1];

	snprintf(name, sizeof(name), "queue_%s", a->r->queue);
	a->dir_fd = open(a->r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->dir_fd >= 0)
		a->turnstile = open_lock(a->dir_fd, name);
	if (a->turnstile >= 0)
		return OK;
	log_warning("cannot keep locks in %s: %s", a->r->dir, strerror(errno));
	return ERR_SYSTEM;
}

/* Through the turnstile, to a slot. */
static enum err
take(struct attempt *a, struct lock *lock, size_t *taken)
{
	enum err e = open_turnstile(a);

	if (e != OK)
		return e;
	bool has_waited = flock(a->turnstile, LOCK_EX | LOCK_NB) < 0;

	if (has_waited) {
		a->r->on_wait(a->r->context);
		e = lock_waiting(a->turnstile, a->r->deadline_ms);
		if (e != OK)
			return e;
	}
	e = try_slots(a, a->r->count, lock, taken);
	if (e != ERR_BUSY)
		return e;
	if (!has_waited)
		a->r->on_wait(a->r->context);
	return wait_as_head(a, lock, taken);
}

/* Unlocked before it is closed: then the lock is free when the event of the close arrives. */
static void
unlock(int *fd)
{
	if (*fd >= 0)
		flock(*fd, LOCK_UN);
	io_close(fd);
}

static void *
close_inotify(void *fd)
{
	close((int)(intptr_t)fd);
	return NULL;
}

/* Takes *fd. Signals stay with the thread that waits for them: the caller has them blocked here. */
static void
close_beside_us(int *fd)
{
	pthread_attr_t attr;
	pthread_t thread;

	if (*fd >= 0 && pthread_attr_init(&attr) == 0) {
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
		if (pthread_create(&thread, &attr, close_inotify, (void *)(intptr_t)*fd) == 0)
			*fd = -1;
		pthread_attr_destroy(&attr);
	}
	io_close(fd);
}

static void
attempt_release(struct attempt *a)
{
	for (size_t i = 0; i < a->kept; i++)
		io_close(&a->slots[i]);
	free(a->slots);
	close_beside_us(&a->inotify);
	unlock(&a->turnstile);
	io_close(&a->dir_fd);
}

enum err
locks_take(const struct lock_request *r, struct lock *lock, size_t *taken)
{
	struct attempt a = {.r = r, .dir_fd = -1, .turnstile = -1, .inotify = -1};
	struct lock got = LOCK_INIT;

	if (r->count == 0)
		return ERR_MISSING;
	a.kept = r->count < KEEP_MAX ? r->count : KEEP_MAX;
	a.slots = xmalloc(a.kept * sizeof(*a.slots));
	for (size_t i = 0; i < a.kept; i++)
		a.slots[i] = -1;
	enum err e = take(&a, &got, taken);

	attempt_release(&a);
	if (e == OK)
		*lock = got;
	return e;
}

void
locks_release(struct lock *lock)
{
	unlock(&lock->fd);
}

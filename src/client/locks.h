/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOCKS_H
#define DCC_LOCKS_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * One slot = one locked file; the kernel frees it when we die. Waiters of one queue stand behind a
 * turnstile (a lock of its own): the head of the queue watches the directory with inotify, the
 * others sleep in flock(2).
 */
struct lock {
	int fd;
};
#define LOCK_INIT {.fd = -1}

/*
 * One slot that could be taken: the n-th of the host (or class) id: file "cpu_ID_N". Tried in array
 * order.
 */
struct lock_choice {
	const char *id; /* borrowed */
	unsigned slot;
};

/* What is wanted. All borrowed for the time of the call. */
struct lock_request {
	const char *dir;
	const char *queue; /* names the turnstile: jobs of one queue are served in order of arrival */
	const struct lock_choice *choices;
	size_t count;
	/*
	 * Called once, before the first wait, so that a Blocked phase is shown only where it is
	 * one.
	 */
	void (*on_wait)(void *context);
	void *context;
	int64_t deadline_ms; /* in io_now_ms()'s time, or IO_NO_DEADLINE */
};

/*
 * Takes the first free slot, waiting if there is none: a waiter wakes when any slot of dir is
 * released. *taken is the index in choices. ERR_TIMEOUT at the deadline; ERR_CLOSED when a stop
 * signal was caught; ERR_MISSING for no choices; ERR_SYSTEM (logged) where locks cannot be kept.
 */
enum err
locks_take(const struct lock_request *r, struct lock *lock, size_t *taken);
/*
 * Frees the slot; safe on INIT and twice. No other process may still have a copy of the descriptor
 * (it is O_CLOEXEC): the waiters wake when the last one is closed.
 */
void
locks_release(struct lock *lock);

#endif

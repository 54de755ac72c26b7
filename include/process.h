/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PROCESS_H
#define DCC_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* One child: what to run and where its standard streams go (-1: inherit ours). */
struct process_spec {
	const char *path;   /* with a slash: this file; without: looked up in our PATH */
	char *const *argv;
	char *const *envp;  /* NULL: our environment */
	int stdin_fd, stdout_fd, stderr_fd;
	bool own_group;     /* a process group of its own, so that process_stop_group reaches all of it */
};

#define PROCESS_SPEC_INIT {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1}

/* Starts it, without copying our memory. ERR_MISSING: no such program; ERR_SYSTEM. Both leave errno set, nothing is logged. */
enum err
process_start(const struct process_spec *spec, pid_t *pid);
/*
 * Waits for it; *status as from waitpid(2). A stop signal that was caught is passed on to the child, and the wait
 * goes on.
 */
enum err
process_wait(pid_t pid, int *status);
/* Same, with a deadline in io_now_ms() time: ERR_TIMEOUT, the child still runs. */
enum err
process_wait_until(pid_t pid, int64_t deadline_ms, int *status);
/* SIGTERM now, SIGKILL after grace_ms if need be, to the group of pid; reaps pid. */
void
process_stop_group(pid_t pid, int grace_ms);
/* A program of ours: beside this one, as it is installed and built; where it is not, its place in bindir. Yours. */
char *
process_beside(const char *name);
/* The exit code a shell would show: the code itself, or 128 + signal. */
int
process_exit_code(int status);

/*
 * SIGINT, SIGTERM, SIGHUP and SIGQUIT set a flag, SIGPIPE is ignored, SIGCHLD wakes waits; all but SIGPIPE are blocked outside
 * of ppoll(2). Children of process_start get the default actions and the mask of before. To be called once.
 */
void
process_catch_signals(void);
/* The mask for ppoll(2): what was blocked before process_catch_signals; NULL (no change) without it. */
const sigset_t *
process_wait_mask(void);
/* The first stop signal caught so far, 0 if none. Blocked ones count only once a ppoll with the mask let them in. */
int
process_caught_signal(void);
struct pollfd;
/*
 * poll(2) until an fd is ready (OK), the deadline (ERR_TIMEOUT) or a stop signal (ERR_CLOSED, once
 * process_caught_signal() is set). SIGCHLD ends it as OK with no fd ready.
 */
enum err
process_poll(struct pollfd *fds, unsigned count, int64_t deadline_ms);
/*
 * For a call that blocks but takes no mask (flock(2)): opens the mask, so that a stop signal ends the call with EINTR (check
 * process_caught_signal before and after); process_block_signals closes it again.
 */
void
process_unblock_signals(void);
void
process_block_signals(void);
/* Lets this process have so many files open, or as many as its hard limit allows. Never lowers the limit. */
void
process_raise_descriptors(unsigned long wanted);
/* Ends this process by signal number, as a shell expects of an interrupted program. */
void
process_die_by(int signal_number) __attribute__((noreturn));

#endif

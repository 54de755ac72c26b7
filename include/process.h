/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PROCESS_H
#define DCC_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"

/* One child: what to run and where its standard streams go (-1: inherit ours). */
struct process_spec {
	const char *path;       /* with a slash: this file; without: looked up in PATH */
	char *const *argv;
	char *const *envp;      /* NULL: our environment */
	int stdin_fd, stdout_fd, stderr_fd;
	bool own_group;         /* a process group of its own, so that process_kill reaches all of it */
};

#define PROCESS_SPEC_INIT {.stdin_fd = -1, .stdout_fd = -1, .stderr_fd = -1}

/* Starts it (vfork-cheap). ERR_MISSING: no such program; ERR_SYSTEM. Both with errno set, nothing logged. */
enum err
process_start(const struct process_spec *spec, pid_t *pid);
/* Waits for it; *status as from waitpid(2). A signal does not end the wait unless a stop was requested: then the
 * signal is passed on to the child (its group if own_group) and the wait goes on. */
enum err
process_wait(pid_t pid, int *status);
/* SIGTERM now, SIGKILL after grace_ms if need be, to the group of pid; reaps pid. */
void
process_stop_group(pid_t pid, int grace_ms);
/* The exit code a shell would show: the code itself, or 128 + signal. */
int
process_exit_code(int status);

/*
 * SIGINT, SIGTERM, SIGHUP, SIGQUIT set a flag, SIGPIPE is ignored; ppoll-style waits see the flag. Children
 * started by process_start get the default actions.
 */
void
process_catch_signals(void);
/* The first signal caught so far, 0 if none. */
int
process_caught_signal(void);
/* Ends this process by signal number, as the shell expects of an interrupted program. */
void
process_die_by(int signal_number) __attribute__((noreturn));

#endif

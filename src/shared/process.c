/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Children are started with posix_spawn(3), which shares our memory until the exec: a fork would
 * copy page tables for nothing. Signal handlers only set a flag; every wait blocks the signals, looks at the flag and
 * opens the mask inside ppoll(2), so no signal falls between the look and the wait.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "process.h"

static volatile sig_atomic_t caught_signal;
static volatile sig_atomic_t is_catching;
static sigset_t mask_before; /* what children get */
static sigset_t mask_in_waits;

static const int stop_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define STOP_SIGNALS (sizeof(stop_signals) / sizeof(stop_signals[0]))

static void
note_signal(int number)
{
	if (number != SIGCHLD && caught_signal == 0)
		caught_signal = number;
}

static void
fill_blocked(sigset_t *set)
{
	sigemptyset(set);
	for (size_t i = 0; i < STOP_SIGNALS; i++)
		sigaddset(set, stop_signals[i]);
	sigaddset(set, SIGCHLD);
}

void
process_catch_signals(void)
{
	struct sigaction sa = {.sa_handler = note_signal};
	struct sigaction old;
	sigset_t blocked;

	fill_blocked(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, &mask_before);
	/* A parent may have left SIGCHLD blocked; waits would never see a child's end. */
	mask_in_waits = mask_before;
	sigdelset(&mask_in_waits, SIGCHLD);
	for (size_t i = 0; i < STOP_SIGNALS; i++) {
		/* nohup(1) and shells without job control start us with signals ignored: so they stay. */
		if (sigaction(stop_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(stop_signals[i], &sa, NULL);
	}
	sigaction(SIGCHLD, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	is_catching = 1;
}

const sigset_t *
process_wait_mask(void)
{
	return is_catching ? &mask_in_waits : NULL;
}

int
process_caught_signal(void)
{
	return caught_signal;
}

void
process_unblock_signals(void)
{
	if (is_catching)
		sigprocmask(SIG_SETMASK, &mask_in_waits, NULL);
}

void
process_block_signals(void)
{
	sigset_t blocked;

	if (!is_catching)
		return;
	fill_blocked(&blocked);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static void
set_attributes(posix_spawnattr_t *attr, const struct process_spec *spec)
{
	short flags = POSIX_SPAWN_SETSIGDEF;
	sigset_t defaults;

	sigemptyset(&defaults);
	for (size_t i = 0; is_catching && i < STOP_SIGNALS; i++) {
		struct sigaction old;

		if (sigaction(stop_signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaddset(&defaults, stop_signals[i]);
	}
	sigaddset(&defaults, SIGCHLD);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(attr, &defaults);
	if (is_catching) {
		flags |= POSIX_SPAWN_SETSIGMASK;
		posix_spawnattr_setsigmask(attr, &mask_before);
	}
	if (spec->own_group) {
		flags |= POSIX_SPAWN_SETPGROUP;
		posix_spawnattr_setpgroup(attr, 0);
	}
	posix_spawnattr_setflags(attr, flags);
}

static int
add_stream(posix_spawn_file_actions_t *actions, int fd, int target)
{
	return fd >= 0 ? posix_spawn_file_actions_adddup2(actions, fd, target) : 0;
}

static int
spawn(const struct process_spec *spec, posix_spawn_file_actions_t *actions, pid_t *pid)
{
	posix_spawnattr_t attr;
	char *const *envp = spec->envp != NULL ? spec->envp : environ;

	if (add_stream(actions, spec->stdin_fd, STDIN_FILENO) != 0 ||
	    add_stream(actions, spec->stdout_fd, STDOUT_FILENO) != 0 ||
	    add_stream(actions, spec->stderr_fd, STDERR_FILENO) != 0)
		return ENOMEM;
	int error = posix_spawnattr_init(&attr);

	if (error != 0)
		return error;
	set_attributes(&attr, spec);
	if (strchr(spec->path, '/') != NULL)
		error = posix_spawn(pid, spec->path, actions, &attr, spec->argv, envp);
	else
		error = posix_spawnp(pid, spec->path, actions, &attr, spec->argv, envp);
	posix_spawnattr_destroy(&attr);
	return error;
}

enum err
process_start(const struct process_spec *spec, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error == 0) {
		error = spawn(spec, &actions, pid);
		posix_spawn_file_actions_destroy(&actions);
	}
	errno = error;
	if (error == 0)
		return OK;
	return error == ENOENT || error == ENOTDIR ? ERR_MISSING : ERR_SYSTEM;
}

/* What is left until the deadline, never negative; NULL for no deadline. */
static const struct timespec *
time_left(int64_t deadline_ms, struct timespec *t)
{
	if (deadline_ms == IO_NO_DEADLINE)
		return NULL;
	int64_t left = deadline_ms - io_now_ms();

	if (left < 0)
		left = 0;
	t->tv_sec = (time_t)(left / 1000);
	t->tv_nsec = (long)(left % 1000) * 1000000;
	return t;
}

enum err
process_poll(struct pollfd *fds, unsigned count, int64_t deadline_ms)
{
	struct timespec t;

	if (caught_signal != 0)
		return ERR_CLOSED;
	int n = ppoll(fds, count, time_left(deadline_ms, &t), process_wait_mask());

	if (n > 0)
		return OK;
	if (n == 0)
		return ERR_TIMEOUT;
	if (errno != EINTR)
		return ERR_SYSTEM;
	for (unsigned i = 0; i < count; i++)
		fds[i].revents = 0;
	return caught_signal != 0 ? ERR_CLOSED : OK;
}

/* Sleeps until a signal (SIGCHLD among them) or the deadline. */
static void
sleep_until(int64_t deadline_ms)
{
	static const struct timespec soon = {.tv_nsec = 2000000};
	struct timespec t;
	const struct timespec *left = time_left(deadline_ms, &t);

	/* Without our handlers nothing interrupts the sleep: look again soon. */
	ppoll(NULL, 0, is_catching ? left : &soon, process_wait_mask());
}

enum err
process_wait_until(pid_t pid, int64_t deadline_ms, int *status)
{
	int flags = is_catching || deadline_ms != IO_NO_DEADLINE ? WNOHANG : 0;
	int passed_on = 0;

	for (;;) {
		pid_t got = waitpid(pid, status, flags);

		if (got == pid)
			return OK;
		if (got < 0 && errno != EINTR)
			return ERR_SYSTEM;
		if (io_now_ms() >= deadline_ms)
			return ERR_TIMEOUT;
		if (caught_signal != 0 && passed_on == 0) {
			passed_on = caught_signal;
			kill(pid, passed_on);
		}
		if (got == 0)
			sleep_until(deadline_ms);
	}
}

enum err
process_wait(pid_t pid, int *status)
{
	return process_wait_until(pid, IO_NO_DEADLINE, status);
}

void
process_stop_group(pid_t pid, int grace_ms)
{
	int status;

	kill(-pid, SIGTERM);
	if (process_wait_until(pid, io_now_ms() + grace_ms, &status) != ERR_TIMEOUT) {
		kill(-pid, SIGKILL);
		return;
	}
	kill(-pid, SIGKILL);
	if (process_wait(pid, &status) != OK)
		return;
}

char *
process_beside(const char *name)
{
	char own[4096];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);

	if (n > 0) {
		own[n] = '\0';
		char *dir = path_dir(own);
		char *path = path_join(dir, name);

		free(dir);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return path_join(BINDIR, name);
}

int
process_exit_code(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void
process_die_by(int signal_number)
{
	struct sigaction sa = {.sa_handler = SIG_DFL};
	sigset_t only;

	sigaction(signal_number, &sa, NULL);
	sigemptyset(&only);
	sigaddset(&only, signal_number);
	kill(getpid(), signal_number);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	_exit(128 + signal_number);
}

void
process_raise_descriptors(unsigned long wanted)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= wanted)
		return;
	limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		log_debug("the limit of open files stays: %s", strerror(errno));
}

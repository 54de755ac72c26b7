/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same steps for both kinds of jail: build, source, report, enter, confine, compile, report. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jail_cgroup.h"
#include "jail_directory.h"
#include "jail_feed.h"
#include "jail_filter.h"
#include "jail_inside.h"
#include "jail_namespaces.h"
#include "process.h"
#include "xalloc.h"

#define FIRST_FREE_FD 10

enum err
jail_box_fail(struct jail_box *b, const char *step)
{
	b->failed_errno = errno;
	b->failed_step = step;
	return ERR_SYSTEM;
}

enum err
jail_box_deny(struct jail_box *b, const char *step)
{
	enum err e = jail_box_fail(b, step);

	switch (b->failed_errno) {
	case ENOSPC:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case EIO:
	case EINVAL:
		return e;
	default:
		return ERR_DENIED;
	}
}

static void
send_report(const struct jail_box *b, const struct jail_report *report, const int *fds, unsigned count)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(JAIL_FDS_MAX * sizeof(int))];
	} control = {.space = {0}};
	struct jail_report copy = *report;
	struct iovec iov = {.iov_base = &copy, .iov_len = sizeof(copy)};
	struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

	if (count > 0) {
		m.msg_control = &control;
		m.msg_controllen = CMSG_SPACE(count * sizeof(int));
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(count * sizeof(int));
		memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	}
	/* Nobody there to hear it: nobody to work for. */
	if (sendmsg(b->report_fd, &m, MSG_NOSIGNAL) != (ssize_t)sizeof(copy))
		_exit(1);
}

/* Kills the group, ourselves included. */
static void
die_with_group(int number)
{
	(void)number;
	kill(0, SIGKILL);
}

/* Our caller's death is ours; a pid namespace dies with its first process, a group must be killed. */
static void
follow_caller(const struct jail_box *b)
{
	struct sigaction sa = {.sa_handler = die_with_group};
	sigset_t only;

	close(b->caller_fd);
	setpgid(0, 0);
	if (b->kind == JAIL_NAMESPACES) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		return;
	}
	sigaction(SIGTERM, &sa, NULL);
	sigemptyset(&only);
	sigaddset(&only, SIGTERM);
	sigprocmask(SIG_UNBLOCK, &only, NULL);
	prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
}

static enum err
place_source(struct jail_box *b, int *fds, unsigned *count)
{
	const char *root = b->kind == JAIL_NAMESPACES ? "root" : b->directory;
	int fifo_fd = -1, folder_fd = -1;

	if (b->job->source == NULL)
		return OK;
	char *path = xasprintf("%s%s", root, b->plan.source);
	enum err e = jail_feed_place(b->job, path, &fifo_fd, &folder_fd);

	if (e != OK)
		e = jail_box_deny(b, "make the source");
	free(path);
	if (fifo_fd >= 0) {
		fds[(*count)++] = fifo_fd;
		fds[(*count)++] = folder_fd;
	}
	return e;
}

static enum err
build(struct jail_box *b)
{
	struct jail_report ready = {.type = JAIL_REPORT_READY};
	int fds[JAIL_FDS_MAX];
	unsigned count = 0;

	umask(022);
	enum err e = b->kind == JAIL_NAMESPACES ? jail_namespaces_build(b, fds, &count)
	                                        : jail_directory_build(b, fds, &count);

	if (e == OK)
		e = place_source(b, fds, &count);
	if (e != OK)
		return e;
	send_report(b, &ready, fds, count);
	/* The FIFO above all: while we have it too, nobody reads its end. */
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
	return OK;
}

/* Everything the caller had open goes: the compiler must not find it in our /proc either. */
static enum err
arrange_fds(struct jail_box *b)
{
	int *fds[] = {&b->stdin_fd, &b->stdout_fd, &b->stderr_fd, &b->report_fd};

	for (size_t i = 0; i < 4; i++) {
		int fd = fcntl(*fds[i], F_DUPFD_CLOEXEC, FIRST_FREE_FD);

		if (fd < 0)
			return jail_box_fail(b, "arrange the descriptors");
		*fds[i] = fd;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(*fds[i], i) < 0)
			return jail_box_fail(b, "arrange the descriptors");
	if (dup3(b->report_fd, 3, O_CLOEXEC) < 0)
		return jail_box_fail(b, "arrange the descriptors");
	b->report_fd = 3;
	/* Before Linux 5.9 there is no such call; exec closes them all the same. */
	syscall(SYS_close_range, 4U, ~0U, 0U);
	return OK;
}

static enum err
enter(struct jail_box *b)
{
	enum err e = b->kind == JAIL_NAMESPACES ? jail_namespaces_enter(b) : OK;

	if (e != OK)
		return e;
	char *cwd = xasprintf("%s%s", b->kind == JAIL_NAMESPACES ? "" : b->directory, b->job->cwd);

	if (chdir(cwd) < 0)
		e = jail_box_deny(b, "enter the client's folder");
	free(cwd);
	return e;
}

static bool
set_limit(__rlimit_resource_t resource, int64_t value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit) < 0)
		return false;
	if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > (rlim_t)value)
		limit.rlim_max = (rlim_t)value;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(resource, &limit) == 0;
}

static enum err
confine(struct jail_box *b)
{
	/* Address space is a poor measure: what is reserved costs nothing. */
	bool is_measured = (b->cgroup.controls & JAIL_CGROUP_MEMORY) != 0;

	if (!set_limit(RLIMIT_CORE, 0) || !set_limit(RLIMIT_NPROC, JAIL_PROCESSES_MAX) ||
	    !set_limit(RLIMIT_FSIZE, b->job->file_limit) ||
	    (b->job->memory_limit > 0 && !is_measured && !set_limit(RLIMIT_AS, b->job->memory_limit)))
		return jail_box_fail(b, "set the limits");
	enum err e = b->kind == JAIL_NAMESPACES ? jail_namespaces_drop(b) : OK;

	if (e != OK)
		return e;
	/* Our own memory and descriptors are no business of the compiler, which is of our user. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return jail_box_fail(b, "give up privileges");
	if (jail_filter_apply(b->filter) != OK)
		return jail_box_fail(b, "install the system call filter");
	umask(b->job->umask & 0777);
	return OK;
}

/* Waits for the compiler, and buries who else dies meanwhile. */
static enum err
reap(struct jail_box *b, pid_t compiler, struct jail_report *end)
{
	struct rusage usage;
	pid_t pid;

	do {
		pid = wait4(-1, &end->status, 0, &usage);
		if (pid < 0 && errno != EINTR)
			return jail_box_fail(b, "wait for the compiler");
	} while (pid != compiler);
	end->cpu_us = ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
	              usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	end->peak_kb = usage.ru_maxrss;
	return OK;
}

static enum err
compile(struct jail_box *b, struct jail_report *end)
{
	struct process_spec spec = PROCESS_SPEC_INIT;
	pid_t pid;

	if (b->job->compiler == NULL)
		return OK;
	spec.path = b->job->compiler;
	spec.argv = b->argv.items;
	spec.envp = b->env.items;
	if (process_start(&spec, &pid) != OK)
		return jail_box_fail(b, "start the compiler");
	return reap(b, pid, end);
}

void
jail_inside_run(struct jail_box *b)
{
	struct jail_report report = {.type = JAIL_REPORT_END};

	follow_caller(b);
	/* First of all: what is written to the jail's file system counts. */
	enum err e = jail_cgroup_enter(&b->cgroup) == OK ? OK : jail_box_fail(b, "enter its cgroup");

	if (e == OK)
		e = build(b);
	if (e == OK)
		e = arrange_fds(b);
	if (e == OK)
		e = enter(b);
	if (e == OK)
		e = confine(b);
	if (e == OK)
		e = compile(b, &report);
	if (e != OK) {
		report.type = JAIL_REPORT_FAILED;
		report.code = e;
		report.error = b->failed_errno;
		snprintf(report.step, sizeof(report.step), "%s", b->failed_step);
	}
	send_report(b, &report, NULL, 0);
	_exit(0);
}

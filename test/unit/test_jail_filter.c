/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "jail.h"
#include "jail_filter.h"

/* What a confined child makes of the calls; 0: all as it should be, else which was not. */
static int
try_calls(enum jail_kind kind)
{
	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != EAFNOSUPPORT)
		return 2;
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0)
		return 3;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
		return 4;
	if (unshare(CLONE_NEWUSER) != -1 || errno != EPERM)
		return 5;
	if (syscall(SYS_clone, CLONE_NEWUSER, NULL, NULL, NULL, 0) != -1 || errno != EPERM)
		return 6;
	if (syscall(SYS_bpf, 0, NULL, 0) != -1 || errno != EPERM)
		return 7;
	pid_t pid = fork();

	if (pid == 0)
		_exit((setsid() < 0) != (kind == JAIL_DIRECTORY));
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return 8;
	close(fd);
	return 0;
}

static int
confined(enum jail_kind kind)
{
	struct jail_filter *f = jail_filter_new(kind);
	int status = -1;

	assert_non_null(f);
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		_exit(jail_filter_apply(f) == OK ? try_calls(kind) : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	jail_filter_free(f);
	return status;
}

static void
calls_no_compiler_needs_are_denied(void **state)
{
	(void)state;
	assert_int_equal(confined(JAIL_NAMESPACES), 0);
}

static void
without_namespaces_nobody_leaves_the_group(void **state)
{
	(void)state;
	assert_int_equal(confined(JAIL_DIRECTORY), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(calls_no_compiler_needs_are_denied),
		cmocka_unit_test(without_namespaces_nobody_leaves_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "jail.h"
#include "jail_filter.h"

static const long denied[] = {
	SYS_ptrace, SYS_unshare, SYS_setns, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_open_tree, SYS_move_mount,
	SYS_fsopen, SYS_bpf, SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_keyctl, SYS_add_key, SYS_connect,
	SYS_bind, SYS_listen, SYS_accept4, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_process_vm_readv, SYS_pidfd_getfd,
	SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_syslog, SYS_reboot, SYS_swapon, SYS_acct, SYS_clone3,
	SYS_setuid, SYS_setgid, SYS_capset, SYS_seccomp, SYS_setxattr, SYS_shmget, SYS_msgget, SYS_semget, SYS_inotify_init1,
};

/* What a confined child makes of the calls; 0: all as it should be, else which was not. */
static int
try_calls(enum jail_kind kind)
{
	int pair[2];

	if (socket(AF_INET, SOCK_STREAM, 0) != -1 || errno != ENOSYS)
		return 2;
	if (socket(AF_UNIX, SOCK_STREAM, 0) != -1 || errno != ENOSYS)
		return 3;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 9;
	for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
		if (syscall(denied[i], 0, 0, 0, 0, 0, 0) != -1 || errno != ENOSYS)
			return 20 + (int)i;
	if (syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0) != -1 || errno != ENOSYS)
		return 5;
	if (syscall(SYS_clone, CLONE_NEWNET | SIGCHLD, NULL, NULL, NULL, 0) != -1 || errno != ENOSYS)
		return 6;
	/* Typing for whoever sits there, also where only the kernel sees that it is that. */
	if (ioctl(0, TIOCSTI, "x") != -1 || errno != ENOSYS)
		return 10;
	if (syscall(SYS_ioctl, 0, 0x100000000u | TIOCSTI, "x") != -1 || errno != ENOSYS)
		return 11;
	pid_t pid = fork();

	if (pid == 0)
		_exit((setsid() < 0) != (kind == JAIL_DIRECTORY));
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return 8;
	close(pair[0]);
	close(pair[1]);
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

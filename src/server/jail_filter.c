/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second wall: system calls that no compiler needs and that have been the way into kernels. A list of what is
 * denied, not of what is allowed, because a compiler that fails on another libc would cost more than it protects.
 * Compiled once and kept as a program: libseccomp takes over a millisecond for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "jail_filter.h"
#include "log.h"
#include "xalloc.h"

#define PROGRAM_MAX ((size_t)BPF_MAXINSNS * sizeof(struct sock_filter))

struct jail_filter {
	struct sock_filter *code;
	unsigned short len;
};

/* By name: one that the architecture or this libseccomp lacks is left out. */
static const char *const denied[] = {
	"ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
	"mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
	"fsmount", "fspick", "mount_setattr", "unshare", "setns",
	"keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd",
	"io_uring_setup", "io_uring_enter", "io_uring_register",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "vhangup",
	"settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime",
	"iopl", "ioperm", "modify_ldt", "vm86", "vm86old", "lookup_dcookie", "nfsservctl",
	"name_to_handle_at", "open_by_handle_at", "fanotify_init",
};

/* Without a pid namespace the group is what we kill: nobody leaves it. */
static const char *const denied_without_namespaces[] = {"setsid", "setpgid"};

static int
deny_all(scmp_filter_ctx c, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		int r = number == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(c, SCMP_ACT_ERRNO(EPERM), number, 0);

		/* -EDOM: not a call of this architecture. */
		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

/* The call, when the argument and value compare so, ends with this errno. */
static int
deny_when(scmp_filter_ctx c, int number, uint16_t error, const struct scmp_arg_cmp *when)
{
	return seccomp_rule_add_array(c, SCMP_ACT_ERRNO(error), number, 1, when);
}

static int
deny_by_arguments(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp new_user = {0, SCMP_CMP_MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER};
	const struct scmp_arg_cmp not_local = {0, SCMP_CMP_NE, AF_UNIX, 0};
	const struct scmp_arg_cmp types_for_user = {1, SCMP_CMP_MASKED_EQ, 0xffffffffU, TIOCSTI};
	/* Newer C libraries try clone3 first and go on with clone, whose flags can be seen. */
	int clone3 = seccomp_syscall_resolve_name("clone3");
	int r = clone3 == __NR_SCMP_ERROR ? 0 : seccomp_rule_add(c, SCMP_ACT_ERRNO(ENOSYS), clone3, 0);

	if (r == 0)
		r = deny_when(c, SCMP_SYS(clone), EPERM, &new_user);
	if (r == 0)
		r = deny_when(c, SCMP_SYS(socket), EAFNOSUPPORT, &not_local);
	if (r == 0)
		r = deny_when(c, SCMP_SYS(ioctl), EPERM, &types_for_user);
	return r;
}

static int
add_rules(scmp_filter_ctx c, enum jail_kind kind)
{
	int r = 0;

#if defined(__x86_64__)
	/* Some vendors' compilers are 32-bit programs. */
	r = seccomp_arch_add(c, SCMP_ARCH_X86);
#elif defined(__aarch64__)
	r = seccomp_arch_add(c, SCMP_ARCH_ARM);
#endif
	if (r == 0)
		r = seccomp_attr_set(c, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (r == 0)
		r = deny_all(c, denied, sizeof(denied) / sizeof(denied[0]));
	if (r == 0 && kind == JAIL_DIRECTORY)
		r = deny_all(c, denied_without_namespaces, 2);
	return r == 0 ? deny_by_arguments(c) : r;
}

/* Writes the compiled program to fd; 0 or a negative errno. */
static int
compile(enum jail_kind kind, int fd)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ALLOW);

	if (c == NULL)
		return -ENOMEM;
	int r = add_rules(c, kind);

	if (r == 0)
		r = seccomp_export_bpf(c, fd);
	seccomp_release(c);
	return r;
}

struct jail_filter *
jail_filter_new(enum jail_kind kind)
{
	int fd = memfd_create("dcc-filter", MFD_CLOEXEC);
	char *data = NULL;
	size_t len = 0;
	int r = fd < 0 ? -errno : compile(kind, fd);

	if (r == 0 && (lseek(fd, 0, SEEK_SET) < 0 || io_read_to_end(fd, PROGRAM_MAX, &data, &len) != OK))
		r = -EIO;
	io_close(&fd);
	if (r != 0) {
		log_error("cannot make the system call filter: %s", strerror(-r));
		return NULL;
	}
	struct jail_filter *f = xmalloc(sizeof(*f));

	f->len = (unsigned short)(len / sizeof(*f->code));
	f->code = xcalloc(f->len, sizeof(*f->code));
	memcpy(f->code, data, f->len * sizeof(*f->code));
	free(data);
	return f;
}

void
jail_filter_free(struct jail_filter *f)
{
	if (f == NULL)
		return;
	free(f->code);
	free(f);
}

enum err
jail_filter_apply(const struct jail_filter *f)
{
	struct sock_fprog program = {.len = f->len, .filter = f->code};
	/* Before Linux 5.16 a filter switched processor mitigations on that make compilers slower. */
	long r = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &program);

	return r == 0 ? OK : ERR_SYSTEM;
}

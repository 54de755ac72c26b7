/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The second wall: a list of the system calls that compilers, assemblers, linkers and the programs that they start need
 * (files, memory, processes, signals, clocks), and nothing else. Any other does not exist here (ENOSYS), as on an older
 * kernel, so that a C library of tomorrow falls back to what it used yesterday. There are no sockets but pairs.
 * Compiled once and kept as a program: libseccomp takes over a millisecond for it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "io.h"
#include "jail_filter.h"
#include "log.h"
#include "xalloc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define PROGRAM_MAX ((size_t)BPF_MAXINSNS * sizeof(struct sock_filter))

struct jail_filter {
	struct sock_filter *code;
	unsigned short len;
};

/* By name: one that the architecture or this libseccomp lacks is left out. */
static const char *const allowed[] = {
	/* Files and pipes. */
	"access", "faccessat", "faccessat2", "open", "openat", "openat2", "creat", "close", "close_range", "read",
	"write", "pread64", "pwrite64", "readv", "writev", "preadv", "pwritev", "preadv2", "pwritev2", "lseek",
	"_llseek", "stat", "fstat", "lstat", "stat64", "fstat64", "lstat64", "newfstatat", "fstatat64", "statx",
	"statfs", "fstatfs", "statfs64", "fstatfs64", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
	"readlink", "readlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
	"unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "mknod", "mknodat", "truncate", "truncate64", "ftruncate",
	"ftruncate64", "fallocate", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown",
	"chown32", "fchown32", "lchown32", "fchownat", "utime", "utimes", "utimensat", "utimensat_time64",
	"futimesat", "umask", "fsync", "fdatasync", "sync_file_range", "fadvise64", "fadvise64_64", "readahead",
	"flock", "fcntl", "fcntl64", "dup", "dup2", "dup3", "pipe", "pipe2", "poll", "ppoll",
	"ppoll_time64", "select", "_newselect", "pselect6", "pselect6_time64", "epoll_create", "epoll_create1",
	"epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "sendfile", "sendfile64",
	"copy_file_range", "splice", "tee", "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr",
	"flistxattr", "memfd_create", "socketpair", "sendmsg", "recvmsg", "sendto", "recvfrom", "shutdown",
	/* Memory. */
	"brk", "mmap", "mmap2", "munmap", "mremap", "mprotect", "madvise", "mlock", "mlock2", "munlock", "msync",
	"mincore", "membarrier", "pkey_alloc", "pkey_free", "pkey_mprotect", "get_mempolicy", "set_mempolicy",
	"mbind",
	/* Processes. */
	"fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "waitpid", "kill",
	"tgkill", "tkill", "getpid", "getppid", "gettid", "getpgid", "getpgrp", "setpgid", "getsid", "setsid",
	"getuid", "getuid32", "geteuid", "geteuid32", "getgid", "getgid32", "getegid", "getegid32", "getresuid",
	"getresuid32", "getresgid", "getresgid32", "getgroups", "getgroups32", "getrlimit", "ugetrlimit",
	"setrlimit", "prlimit64", "getrusage", "times", "getpriority", "setpriority", "sched_yield",
	"sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "sched_get_priority_max",
	"sched_get_priority_min", "prctl", "arch_prctl", "set_tid_address", "set_robust_list", "get_robust_list",
	"rseq", "futex", "futex_time64", "futex_waitv", "set_thread_area", "get_thread_area", "personality", "uname",
	"sysinfo", "getcpu", "capget", "getrandom",
	/* Signals and clocks. */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigsuspend", "rt_sigtimedwait",
	"rt_sigtimedwait_time64", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaction", "sigprocmask", "sigreturn",
	"sigaltstack", "signal", "signalfd", "signalfd4", "pause", "alarm", "setitimer", "getitimer",
	"restart_syscall", "clock_gettime", "clock_gettime64", "clock_getres", "clock_getres_time64",
	"clock_nanosleep", "clock_nanosleep_time64", "nanosleep", "gettimeofday", "time", "timer_create",
	"timer_settime", "timer_settime64", "timer_gettime", "timer_gettime64", "timer_getoverrun", "timer_delete",
	"timerfd_create", "timerfd_settime", "timerfd_settime64", "timerfd_gettime", "timerfd_gettime64",
};

/* Without a pid namespace the group is what we kill: nobody leaves it. */
static const char *const needs_namespaces[] = {"setsid", "setpgid"};

/* What terminals and files are asked; nothing that types for their user, or reaches into a driver. */
static const unsigned requests[] = {TCGETS, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX,
                                    FICLONE, FICLONERANGE, FS_IOC_GETFLAGS};

#if defined(__s390__) || defined(__CRIS__)
#define CLONE_FLAGS 1
#else
#define CLONE_FLAGS 0
#endif
#define NEW_NAMESPACES (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP)

static bool
is_allowed(const char *name, enum jail_kind kind)
{
	for (size_t i = 0; i < COUNT(needs_namespaces); i++)
		if (strcmp(name, needs_namespaces[i]) == 0)
			return kind == JAIL_NAMESPACES;
	return true;
}

static int
allow_by_name(scmp_filter_ctx c, enum jail_kind kind)
{
	for (size_t i = 0; i < COUNT(allowed); i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);
		int r = number == __NR_SCMP_ERROR || !is_allowed(allowed[i], kind)
		                ? 0
		                : seccomp_rule_add(c, SCMP_ACT_ALLOW, number, 0);

		/* -EDOM: not a call of this architecture. */
		if (r < 0 && r != -EDOM)
			return r;
	}
	return 0;
}

/* clone3 has its flags in memory, where no filter sees them: C libraries go on with clone when there is none. */
static int
allow_by_arguments(scmp_filter_ctx c)
{
	const struct scmp_arg_cmp no_namespace = {CLONE_FLAGS, SCMP_CMP_MASKED_EQ, NEW_NAMESPACES, 0};
	int r = seccomp_rule_add_array(c, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &no_namespace);

	for (size_t i = 0; r == 0 && i < COUNT(requests); i++) {
		/* The kernel looks at 32 bits. */
		const struct scmp_arg_cmp is_request = {1, SCMP_CMP_MASKED_EQ, 0xffffffffU, requests[i]};

		r = seccomp_rule_add_array(c, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, &is_request);
	}
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
		r = allow_by_name(c, kind);
	return r == 0 ? allow_by_arguments(c) : r;
}

/* Writes the compiled program to fd; 0 or a negative errno. */
static int
compile(enum jail_kind kind, int fd)
{
	scmp_filter_ctx c = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));

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

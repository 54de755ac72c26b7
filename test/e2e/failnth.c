/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into dcc, dccd or dcc-include-server: lets the nth call of a function fail, once. The file that FAILNTH names says which, as
 * "PROGRAM FUNCTION N"; when the call has failed, "fired" is appended to it. A daemon's child reads it anew and counts from 0, so that
 * each job meets it. The listener, which must live, looks only when it forks; the include server, which is one process for all jobs, at
 * each call. "clone" is what starts another program or enters a jail, "fork" is fork(2), "syscall" what makes the jail.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static __typeof__(&syscall)
find_syscall(void)
{
	static __typeof__(&syscall) found;

	if (found == NULL)
		found = REAL(syscall);
	return found;
}

/* The C library's, past ours. */
#define raw(...) find_syscall()(__VA_ARGS__)

static char function[32];
static long wanted, seen;
/* The include server forgets its environment. */
static char path[4096];
static struct stat loaded;
static int is_include_server;

static int
has_changed(void)
{
	struct stat now = {0};

	if (raw(SYS_newfstatat, AT_FDCWD, path, &now, 0) < 0)
		return 0;
	int is_new = now.st_mtim.tv_sec != loaded.st_mtim.tv_sec || now.st_mtim.tv_nsec != loaded.st_mtim.tv_nsec ||
	             now.st_size != loaded.st_size;

	loaded = now;
	return is_new;
}

static void
load(void)
{
	char text[128], program[32];
	int fd = (int)raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	long n = fd >= 0 ? raw(SYS_read, fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		raw(SYS_close, fd);
	seen = 0;
	wanted = 0;
	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%31s %31s %ld", program, function, &wanted) != 3 ||
	    strcmp(program, program_invocation_short_name) != 0 || strstr(text, "fired") != NULL)
		wanted = 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *given = getenv("FAILNTH");

	is_include_server = strcmp(program_invocation_short_name, "dcc-include-server") == 0;
	if (given != NULL)
		snprintf(path, sizeof(path), "%s", given);
	has_changed();
	load();
	pthread_atfork(NULL, NULL, load);
}

/* Is this the one? */
static int
fails(const char *name, int error)
{
	if (is_include_server && has_changed())
		load();
	if (wanted == 0 || strcmp(name, function) != 0 || ++seen != wanted)
		return 0;
	int fd = (int)raw(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);

	if (fd >= 0) {
		raw(SYS_write, fd, "fired\n", 6);
		raw(SYS_close, fd);
	}
	wanted = 0;
	errno = error;
	return 1;
}

ssize_t
read(int fd, void *data, size_t n)
{
	return fails("read", EIO) ? -1 : REAL(read)(fd, data, n);
}

ssize_t
pread(int fd, void *data, size_t n, off_t at)
{
	return fails("read", EIO) ? -1 : REAL(pread)(fd, data, n, at);
}

ssize_t
__read_chk(int fd, void *data, size_t n, size_t room)
{
	(void)room;
	return fails("read", EIO) ? -1 : REAL(read)(fd, data, n);
}

ssize_t
__pread_chk(int fd, void *data, size_t n, off_t at, size_t room)
{
	(void)room;
	return fails("read", EIO) ? -1 : REAL(pread)(fd, data, n, at);
}

ssize_t
write(int fd, const void *data, size_t n)
{
	return fails("write", ENOSPC) ? -1 : REAL(write)(fd, data, n);
}

ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	return fails("write", ENOSPC) ? -1 : REAL(writev)(fd, iov, n);
}

ssize_t
send(int fd, const void *data, size_t n, int flags)
{
	return fails("send", ENOBUFS) ? -1 : REAL(send)(fd, data, n, flags);
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	return fails("send", ENOBUFS) ? -1 : REAL(sendmsg)(fd, m, flags);
}

ssize_t
recvmsg(int fd, struct msghdr *m, int flags)
{
	return fails("recvmsg", EIO) ? -1 : REAL(recvmsg)(fd, m, flags);
}

static int
open_any(int at, const char *path, int flags, mode_t mode)
{
	return fails("open", EMFILE) ? -1 : (int)raw(SYS_openat, at, path, flags, mode);
}

#define MODE_OF(flags) \
	mode_t mode = 0; \
	va_list ap; \
	va_start(ap, flags); \
	if (flags & (O_CREAT | __O_TMPFILE)) \
		mode = va_arg(ap, mode_t); \
	va_end(ap)

int
open(const char *path, int flags, ...)
{
	MODE_OF(flags);
	return open_any(AT_FDCWD, path, flags, mode);
}

int
openat(int at, const char *path, int flags, ...)
{
	MODE_OF(flags);
	return open_any(at, path, flags, mode);
}

int
__open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

int
__openat_2(int at, const char *path, int flags)
{
	return open_any(at, path, flags, 0);
}

int
mkostemp(char *name, int flags)
{
	return fails("open", EMFILE) ? -1 : REAL(mkostemp)(name, flags);
}

int
socketpair(int domain, int type, int protocol, int fds[2])
{
	return fails("open", EMFILE) ? -1 : REAL(socketpair)(domain, type, protocol, fds);
}

int
pipe2(int fds[2], int flags)
{
	return fails("open", EMFILE) ? -1 : REAL(pipe2)(fds, flags);
}

int
rename(const char *from, const char *to)
{
	return fails("rename", EIO) ? -1 : REAL(rename)(from, to);
}

int
renameat(int a, const char *from, int b, const char *to)
{
	return fails("rename", EIO) ? -1 : REAL(renameat)(a, from, b, to);
}

int
linkat(int a, const char *from, int b, const char *to, int flags)
{
	return fails("rename", EIO) ? -1 : REAL(linkat)(a, from, b, to, flags);
}

int
mkdir(const char *path, mode_t mode)
{
	return fails("mkdir", ENOSPC) ? -1 : REAL(mkdir)(path, mode);
}

int
fstat(int fd, struct stat *st)
{
	return fails("stat", EIO) ? -1 : REAL(fstat)(fd, st);
}

int
stat(const char *name, struct stat *st)
{
	return fails("look", EIO) ? -1 : REAL(stat)(name, st);
}

int
lstat(const char *name, struct stat *st)
{
	return fails("look", EIO) ? -1 : REAL(lstat)(name, st);
}

int
fstatat(int at, const char *name, struct stat *st, int flags)
{
	return fails("look", EIO) ? -1 : REAL(fstatat)(at, name, st, flags);
}

int
accept4(int fd, struct sockaddr *address, socklen_t *len, int flags)
{
	return fails("accept", EMFILE) ? -1 : REAL(accept4)(fd, address, len, flags);
}

pid_t
fork(void)
{
	/* In the listener: the job that is to come meets it, or its fork. */
	if (has_changed())
		load();
	return fails("fork", EAGAIN) ? -1 : REAL(fork)();
}

/* posix_spawn(3) and its twin, whose six arguments are all pointers. */
typedef int spawn_fn(void *, const void *, const void *, const void *, void *, void *);

#define SPAWN(name) \
	int name(void *pid, const void *file, ...) \
	{ \
		void *a[4]; \
		va_list ap; \
		va_start(ap, file); \
		for (int i = 0; i < 4; i++) \
			a[i] = va_arg(ap, void *); \
		va_end(ap); \
		return fails("clone", EAGAIN) ? EAGAIN : ((spawn_fn *)dlsym(RTLD_NEXT, #name))(pid, file, a[0], a[1], a[2], a[3]); \
	}

SPAWN(posix_spawn)
SPAWN(posix_spawnp)

/* What has no function of its own in the C library: what makes a jail. */
long
syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (fails(number == SYS_clone ? "clone" : "syscall", number == SYS_clone ? EAGAIN : EPERM))
		return -1;
	return raw(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void *
malloc(size_t n)
{
	static void *(*real)(size_t);

	if (real == NULL)
		real = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
	return fails("malloc", ENOMEM) ? NULL : real(n);
}

void *
realloc(void *p, size_t n)
{
	static void *(*real)(void *, size_t);

	if (real == NULL)
		real = (void *(*)(void *, size_t))dlsym(RTLD_NEXT, "realloc");
	return fails("malloc", ENOMEM) ? NULL : real(p, n);
}

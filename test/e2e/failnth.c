/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Preloaded into dcc or dccd: lets the nth call of a function fail, once. The file that FAILNTH names says which, as
 * "PROGRAM FUNCTION N"; when the call has failed, "fired" is appended to it. A daemon's child reads it anew and counts from 0, so that
 * each job meets it.
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

static char function[32];
static long wanted, seen;

static void
load(void)
{
	char text[128], program[32];
	const char *path = getenv("FAILNTH");
	int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0) : -1;
	long n = fd >= 0 ? syscall(SYS_read, fd, text, sizeof(text) - 1) : 0;

	if (fd >= 0)
		syscall(SYS_close, fd);
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
	load();
	pthread_atfork(NULL, NULL, load);
}

/* Is this the one? */
static int
fails(const char *name, int error)
{
	if (wanted == 0 || strcmp(name, function) != 0 || ++seen != wanted)
		return 0;
	const char *path = getenv("FAILNTH");
	int fd = path != NULL ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0) : -1;

	if (fd >= 0) {
		syscall(SYS_write, fd, "fired\n", 6);
		syscall(SYS_close, fd);
	}
	wanted = 0;
	errno = error;
	return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

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
	return fails("open", EMFILE) ? -1 : (int)syscall(SYS_openat, at, path, flags, mode);
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

pid_t
fork(void)
{
	return fails("fork", EAGAIN) ? -1 : REAL(fork)();
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

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux only for O_TMPFILE, which leaves no name behind even when we are killed. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "xalloc.h"

#define ROOM_MAX ((uint64_t)256 << 20)
#define ROOM_SHARE 20

int64_t
io_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t
io_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

enum err
io_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return ERR_SYSTEM;
	return OK;
}

enum err
io_wait(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int timeout = -1;

		if (deadline_ms != IO_NO_DEADLINE) {
			int64_t left = deadline_ms - io_now_ms();

			timeout = left < 0 ? 0 : left > 1000000 ? 1000000 : (int)left;
		}
		int n = poll(&p, 1, timeout);

		if (n > 0)
			return OK;
		if (n == 0 && io_now_ms() >= deadline_ms)
			return ERR_TIMEOUT;
		if (n < 0 && errno != EINTR)
			return ERR_SYSTEM;
	}
}

static enum err
err_from_errno(void)
{
	switch (errno) {
	case EPIPE:
	case ECONNRESET:
		return ERR_CLOSED;
	default:
		return ERR_SYSTEM;
	}
}

/* After a failed transfer: OK means "try again". */
static enum err
retry(int fd, short events, int64_t deadline_ms)
{
	if (errno == EINTR)
		return OK;
	if (errno == EAGAIN)
		return io_wait(fd, events, deadline_ms);
	return err_from_errno();
}

enum err
io_read_exactly(int fd, void *data, size_t n, int64_t deadline_ms)
{
	unsigned char *p = data;

	while (n > 0) {
		if (deadline_ms != IO_NO_DEADLINE) {
			enum err e = io_wait(fd, POLLIN, deadline_ms);

			if (e != OK)
				return e;
		}
		ssize_t got = read(fd, p, n);

		if (got == 0)
			return ERR_CLOSED;
		if (got > 0) {
			p += got;
			n -= (size_t)got;
			continue;
		}
		enum err e = retry(fd, POLLIN, deadline_ms);

		if (e != OK)
			return e;
	}
	return OK;
}

enum err
io_write_exactly(int fd, const void *data, size_t n, int64_t deadline_ms)
{
	struct iovec iov = {.iov_len = n};

	/* writev(2) only reads what iov_base points to. */
	memcpy(&iov.iov_base, &data, sizeof(data));
	return io_writev_exactly(fd, &iov, 1, deadline_ms);
}

/* One transfer. A socket gets MSG_NOSIGNAL; anything else is written plainly. */
static ssize_t
write_some(int fd, struct iovec *iov, int count)
{
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = (size_t)count};
	ssize_t n = sendmsg(fd, &m, MSG_NOSIGNAL);

	if (n < 0 && errno == ENOTSOCK)
		n = writev(fd, iov, count);
	return n;
}

enum err
io_writev_exactly(int fd, struct iovec *iov, int count, int64_t deadline_ms)
{
	while (count > 0) {
		if (iov->iov_len == 0) {
			iov++;
			count--;
			continue;
		}
		ssize_t n = write_some(fd, iov, count);

		if (n < 0) {
			enum err e = retry(fd, POLLOUT, deadline_ms);

			if (e != OK)
				return e;
			continue;
		}
		size_t left = (size_t)n;

		while (count > 0 && left >= iov->iov_len) {
			left -= iov->iov_len;
			iov++;
			count--;
		}
		if (count > 0) {
			iov->iov_base = (char *)iov->iov_base + left;
			iov->iov_len -= left;
		}
	}
	return OK;
}

enum err
io_read_to_end(int fd, size_t limit, char **data, size_t *len)
{
	size_t cap = 4096, n = 0;
	char *p = xmalloc(cap + 1);

	for (;;) {
		ssize_t got = read(fd, p + n, cap - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 || n + (size_t)(got < 0 ? 0 : got) > limit) {
			free(p);
			return got < 0 ? ERR_SYSTEM : ERR_LIMIT;
		}
		if (got == 0)
			break;
		n += (size_t)got;
		if (n == cap) {
			cap *= 2;
			p = xrealloc(p, cap + 1);
		}
	}
	p[n] = '\0';
	*data = p;
	*len = n;
	return OK;
}

enum err
io_read_file(const char *path, size_t limit, char **data, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_MISSING : ERR_SYSTEM;
	enum err e = io_read_to_end(fd, limit, data, len);

	close(fd);
	return e;
}

enum err
io_open_unnamed(const char *dir, int *fd)
{
	int f = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (f < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
		char *name = xasprintf("%s/dcc-XXXXXX", dir);

		f = mkostemp(name, O_CLOEXEC);
		if (f >= 0)
			unlink(name);
		free(name);
	}
	if (f < 0)
		return ERR_SYSTEM;
	*fd = f;
	return OK;
}

enum err
io_check_room(int fd)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return ERR_SYSTEM;
	uint64_t left = (uint64_t)st.f_bavail * st.f_frsize;
	uint64_t kept = (uint64_t)st.f_blocks * st.f_frsize / ROOM_SHARE;

	if (left >= (kept < ROOM_MAX ? kept : ROOM_MAX))
		return OK;
	errno = ENOSPC;
	return ERR_SYSTEM;
}

static enum err
fill_file(int fd, const void *data, size_t len, mode_t mode)
{
	return fchmod(fd, mode) == 0 ? io_write_exactly(fd, data, len, IO_NO_DEADLINE) : ERR_SYSTEM;
}

enum err
io_replace_file(const char *path, const void *data, size_t len, mode_t mode)
{
	char *temporary = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(temporary, O_CLOEXEC);
	enum err e = fd >= 0 ? fill_file(fd, data, len, mode) : ERR_SYSTEM;

	if (fd >= 0 && close(fd) != 0 && e == OK)
		e = ERR_SYSTEM;
	if (e == OK && rename(temporary, path) != 0)
		e = ERR_SYSTEM;
	if (e != OK && fd >= 0) {
		int saved = errno;

		unlink(temporary);
		errno = saved;
	}
	free(temporary);
	return e;
}

enum err
io_make_dirs(const char *path, mode_t mode)
{
	char *copy = xstrdup(path);
	enum err e = OK;

	for (char *p = copy; e == OK && *p != '\0';) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		char saved = *p;

		*p = '\0';
		if (copy[0] != '\0' && mkdir(copy, mode) < 0) {
			struct stat st;
			int why = errno;

			/*
			 * Whatever mkdir said (EEXIST also of a file, EROFS of a directory): it is no
			 * trouble if the directory is there.
			 */
			if (stat(copy, &st) < 0 || !S_ISDIR(st.st_mode)) {
				errno = why;
				e = ERR_SYSTEM;
			}
		}
		*p = saved;
	}
	free(copy);
	return e;
}

void
io_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

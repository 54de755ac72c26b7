/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_IO_H
#define DCC_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "err.h"

/* Monotonic time in milliseconds. */
int64_t
io_now_ms(void);
/* The same in microseconds. */
int64_t
io_now_us(void);
/* A deadline that never comes. */
#define IO_NO_DEADLINE INT64_MAX

/* Sets O_NONBLOCK. */
enum err
io_set_nonblocking(int fd);
/*
 * Waits until fd is ready for events (poll(2) bits), at most until the deadline, in io_now_ms()'s
 * time: ERR_TIMEOUT. A signal does not end the wait.
 */
enum err
io_wait(int fd, short events, int64_t deadline_ms);
/* Exactly n bytes, from a blocking or non-blocking fd. ERR_CLOSED at an early end. Logs nothing. */
enum err
io_read_exactly(int fd, void *data, size_t n, int64_t deadline_ms);
enum err
io_write_exactly(int fd, const void *data, size_t n, int64_t deadline_ms);
/* All of iov, which is changed on the way. On a socket no SIGPIPE is raised. */
enum err
io_writev_exactly(int fd, struct iovec *iov, int count, int64_t deadline_ms);
/* The bytes of fd from where it stands to its end, at most limit: ERR_LIMIT. data is yours. */
enum err
io_read_to_end(int fd, size_t limit, char **data, size_t *len);
/* Same, of a file by name; ERR_MISSING when there is none. The result ends with an extra NUL. */
enum err
io_read_file(const char *path, size_t limit, char **data, size_t *len);
/* A file that has no name (O_TMPFILE, or unlinked at once) below dir: ERR_SYSTEM. */
enum err
io_open_unnamed(const char *dir, int *fd);
/* Is more left on its file system than the part that is everybody's, a twentieth, 256 MiB at most? No: ERR_SYSTEM, ENOSPC. */
enum err
io_check_room(int fd);
/* Written beside its place and renamed, so that nobody ever reads half a file: ERR_SYSTEM (errno set). */
enum err
io_replace_file(const char *path, const void *data, size_t len, mode_t mode);
/* mkdir -p with this mode for what is new; an existing directory is OK. */
enum err
io_make_dirs(const char *path, mode_t mode);
/* Closes *fd if it is open and sets it to -1. */
void
io_close(int *fd);

#endif

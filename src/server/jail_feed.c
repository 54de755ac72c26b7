/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The FIFO's other end is ours from the start (opened for reading and writing, so nobody waits in open(2) and no
 * process of its own is needed). What tells us that the compiler reads: a pipe of one page takes the first piece, and is
 * writable again only when that piece was read. Before the end of file the name becomes the original's,
 * so that a compiler that opens the source again, to quote a line, finds the user's text.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "jail_feed.h"
#include "jail_plan.h"
#include "log.h"
#include "path.h"

#define PIPE_BYTES (256 << 10)

static bool
is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == 0;
}

bool
jail_feed_is_fifo(const struct jail_job *job)
{
	return job->feed == JAIL_FEED_FIFO && job->source != NULL && !is_empty(job->text_fd);
}

/* All of in, from its start, whatever its position is. */
static enum err
copy_all(int in, int out)
{
	off_t at = 0;

	for (;;) {
		ssize_t n = sendfile(out, in, &at, (size_t)1 << 30);

		if (n == 0)
			return OK;
		if (n < 0 && errno != EINTR)
			return ERR_SYSTEM;
	}
}

static enum err
place_file(int folder, const char *name, int content)
{
	int fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);

	if (fd < 0)
		return ERR_SYSTEM;
	enum err e = copy_all(content, fd);

	close(fd);
	return e;
}

static enum err
place_fifo(const struct jail_job *job, int folder, const char *name, int *fifo_fd)
{
	if (place_file(folder, JAIL_ORIGINAL, job->original_fd) != OK || mkfifoat(folder, name, 0600) < 0)
		return ERR_SYSTEM;
	int fd = openat(folder, name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return ERR_SYSTEM;
	*fifo_fd = fd;
	return OK;
}

enum err
jail_feed_place(const struct jail_job *job, const char *path, int *fifo_fd, int *folder_fd)
{
	char *dir = path_dir(path);
	int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum err e = ERR_SYSTEM;

	free(dir);
	if (folder < 0)
		return ERR_SYSTEM;
	/* Below /usr this machine may have a file of that name, and the view shows it. */
	if (unlinkat(folder, path_base(path), 0) < 0 && errno != ENOENT) {
		close(folder);
		return ERR_SYSTEM;
	}
	if (!jail_feed_is_fifo(job)) {
		e = place_file(folder, path_base(path), job->text_fd);
		close(folder);
		return e;
	}
	e = place_fifo(job, folder, path_base(path), fifo_fd);
	if (e == OK)
		*folder_fd = folder;
	else
		close(folder);
	return e;
}

static enum err
finish(struct jail_feed_state *f)
{
	if (renameat(f->folder_fd, JAIL_ORIGINAL, f->folder_fd, f->name) < 0) {
		log_error("cannot put the original source %s in place: %s", f->name, strerror(errno));
		return ERR_SYSTEM;
	}
	jail_feed_release(f);
	return OK;
}

enum err
jail_feed_step(struct jail_feed_state *f)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t piece = (size_t)(f->size - f->sent);

	if (f->sent == 0) {
		if (fcntl(f->fifo_fd, F_SETPIPE_SZ, (int)page) < 0) {
			log_error("cannot make the source's pipe small: %s", strerror(errno));
			return ERR_SYSTEM;
		}
		/* Within one page of the file too, so that it is one entry of the pipe. */
		piece = piece < (size_t)page ? piece : (size_t)page;
	} else if (piece == 0) {
		return finish(f);
	} else if (f->sent <= page) {
		/* Refused when the user has many pipes: then it goes in small steps. */
		fcntl(f->fifo_fd, F_SETPIPE_SZ, PIPE_BYTES);
	}
	ssize_t n = sendfile(f->fifo_fd, f->text_fd, &f->sent, piece);

	if (n > 0 && f->sent == f->size && n < f->size)
		return finish(f);
	if (n == 0) {
		log_error("the source's text became shorter");
		return ERR_SYSTEM;
	}
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		log_error("cannot send the source to the compiler: %s", strerror(errno));
		return ERR_SYSTEM;
	}
	return OK;
}

void
jail_feed_release(struct jail_feed_state *f)
{
	io_close(&f->fifo_fd);
	io_close(&f->folder_fd);
}

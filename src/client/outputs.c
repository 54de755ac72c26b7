/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "outputs.h"
#include "path.h"
#include "xalloc.h"

/* What a compiler asks for. No output is a program, whatever a volunteer says of it. */
#define COMPILERS_MODE 0666

struct output {
	char *final;
	char *temp; /* NULL while the file has no name */
	int fd;     /* for reading, too */
	enum outputs_way way;
};

/*
 * A name beside final that no other process uses, nor another output of ours: the base is cut to stay
 * below NAME_MAX, so number tells long names apart.
 */
static char *
temp_name(const char *final, size_t number)
{
	char *dir = path_dir(final);
	char *temp = xasprintf("%s/.%.200s.dcc-%ld-%zu", dir, path_base(final), (long)getpid(), number);

	free(dir);
	return temp;
}

static int
open_unnamed(const char *final, mode_t mode)
{
	char *dir = path_dir(final);
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, mode & COMPILERS_MODE);

	free(dir);
	return fd;
}

enum err
outputs_add(struct outputs *o, const char *final, enum outputs_way way, mode_t mode, int *fd)
{
	char *temp = NULL;
	int f = open_unnamed(final, mode);

	/* NFS and old file systems have no O_TMPFILE. */
	if (f < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		temp = temp_name(final, o->count);
		f = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & COMPILERS_MODE);
	}
	if (f < 0) {
		log_info("cannot create a file for %s: %s", final, strerror(errno));
		free(temp);
		return ERR_SYSTEM;
	}
	o->list = xrealloc(o->list, (o->count + 1) * sizeof(*o->list));
	o->list[o->count++] = (struct output){.final = xstrdup(final), .temp = temp, .fd = f, .way = way};
	*fd = f;
	return OK;
}

char *
outputs_last_path(const struct outputs *o)
{
	const struct output *last = &o->list[o->count - 1];

	if (last->temp != NULL)
		return xstrdup(last->temp);
	return xasprintf("/proc/%ld/fd/%d", (long)getpid(), last->fd);
}

/* Gives an unnamed file its temporary name: link(2) cannot replace, rename(2) can. */
static enum err
give_name(struct output *out, size_t number)
{
	if (out->temp != NULL)
		return OK;
	char *from = xasprintf("/proc/self/fd/%d", out->fd);
	char *temp = temp_name(out->final, number);
	int n = linkat(AT_FDCWD, from, AT_FDCWD, temp, AT_SYMLINK_FOLLOW);

	free(from);
	if (n < 0) {
		log_warning("cannot create %s: %s", temp, strerror(errno));
		free(temp);
		return ERR_SYSTEM;
	}
	out->temp = temp;
	return OK;
}

bool
outputs_is_placeable(const char *final)
{
	struct stat st;

	if (lstat(final, &st) < 0)
		return errno == ENOENT;
	return S_ISREG(st.st_mode);
}

bool
outputs_has(const struct outputs *o, const char *final)
{
	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->list[i].final, final) == 0)
			return true;
	return false;
}

bool
outputs_has_one_place(const char *cwd, const char *final)
{
	struct stat as_named, as_normalised;
	char *path = path_normalise(cwd, final);
	char *dir = path_dir(path), *named_dir = path_dir(final);
	/* Most names have no ".." and need no look at the disk. */
	bool same = strstr(final, "..") == NULL || stat(named_dir, &as_named) < 0 ||
	            (stat(dir, &as_normalised) == 0 && as_named.st_dev == as_normalised.st_dev &&
	             as_named.st_ino == as_normalised.st_ino);

	free(path);
	free(dir);
	free(named_dir);
	return same;
}

/* May it be placed, as the compiler would? Nothing is changed yet. */
static bool
can_place(const struct output *out)
{
	if (!outputs_is_placeable(out->final)) {
		log_warning("%s cannot be replaced by a file", out->final);
		return false;
	}
	if (out->way == OUTPUTS_REWRITE && access(out->final, W_OK) < 0 && errno != ENOENT) {
		log_info("cannot write to %s: %s", out->final, strerror(errno));
		return false;
	}
	return true;
}

/* Is the old file one of which something has to stay? Else a rename does, which leaves no half file. */
static bool
keeps_old(const struct output *out)
{
	struct stat old, new;

	return out->way == OUTPUTS_REWRITE && lstat(out->final, &old) == 0 && fstat(out->fd, &new) == 0 &&
	       (old.st_nlink > 1 || old.st_mode != new.st_mode);
}

static enum err
rewrite(const struct output *out)
{
	int to = open(out->final, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
	enum err e = to >= 0 ? OK : ERR_SYSTEM;
	char data[8192];
	ssize_t n = 0;

	for (off_t at = 0; e == OK && (n = pread(out->fd, data, sizeof(data), at)) > 0; at += n)
		e = io_write_exactly(to, data, (size_t)n, IO_NO_DEADLINE);
	if (n < 0)
		e = ERR_SYSTEM;
	io_close(&to);
	return e;
}

static enum err
place_one(struct output *out)
{
	bool is_rewritten = keeps_old(out);

	if ((is_rewritten ? rewrite(out) : rename(out->temp, out->final) == 0 ? OK : ERR_SYSTEM) != OK) {
		log_warning("cannot %s %s: %s", is_rewritten ? "write to" : "rename a file to", out->final, strerror(errno));
		return ERR_SYSTEM;
	}
	if (is_rewritten)
		unlink(out->temp);
	free(out->temp);
	out->temp = NULL;
	return OK;
}

enum err
outputs_place(struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++) {
		if (!can_place(&o->list[i]))
			return ERR_SYSTEM;
		enum err e = give_name(&o->list[i], i);

		if (e != OK)
			return e;
	}
	for (size_t i = 0; i < o->count; i++) {
		enum err e = place_one(&o->list[i]);

		if (e != OK)
			return e;
	}
	return OK;
}

void
outputs_discard(struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++) {
		struct output *out = &o->list[i];

		io_close(&out->fd);
		if (out->temp != NULL)
			unlink(out->temp);
		free(out->temp);
		free(out->final);
	}
	free(o->list);
	*o = (struct outputs){0};
}

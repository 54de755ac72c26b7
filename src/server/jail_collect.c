/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that the job left, found without any knowledge of compiler options. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jail_collect.h"
#include "log.h"
#include "xalloc.h"

#define DEPTH_MAX 200

struct walk {
	const struct strv *skip;
	struct jail_result *result;
	unsigned depth;
};

static enum err
walk_folder(struct walk *w, int fd, const char *path);

/* A umask of the client's may have made a file that even its owner cannot read. */
static int
open_output(int folder, const char *name, mode_t mode)
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0 || errno != EACCES || fchmodat(folder, name, mode | S_IRUSR, 0) < 0)
		return fd;
	return openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
}

/* Takes path when it succeeds. */
static enum err
add_output(struct walk *w, int folder, const char *name, const struct stat *st, char *path)
{
	struct jail_result *r = w->result;

	if (r->output_count >= JAIL_OUTPUTS_MAX) {
		log_warning("the job wrote more than %d files", JAIL_OUTPUTS_MAX);
		return ERR_LIMIT;
	}
	int fd = open_output(folder, name, st->st_mode);

	if (fd < 0) {
		log_error("cannot open the job's output %s: %s", path, strerror(errno));
		return ERR_SYSTEM;
	}
	/* Grows at the powers of two. */
	if ((r->output_count & (r->output_count - 1)) == 0) {
		size_t cap = r->output_count != 0 ? r->output_count * 2 : 1;

		r->outputs = xrealloc(r->outputs, cap * sizeof(*r->outputs));
	}
	r->outputs[r->output_count++] = (struct jail_output){
		.path = path,
		.fd = fd,
		.mode = st->st_mode & 07777,
		.size = st->st_size,
	};
	return OK;
}

static enum err
enter_folder(struct walk *w, int folder, const char *name, const char *path)
{
	if (w->depth >= DEPTH_MAX) {
		log_warning("the job made folders more than %d deep", DEPTH_MAX);
		return ERR_LIMIT;
	}
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0) {
		log_error("cannot open the job's folder %s: %s", path, strerror(errno));
		return ERR_SYSTEM;
	}
	w->depth++;
	enum err e = walk_folder(w, fd, path);

	w->depth--;
	close(fd);
	return e;
}

static enum err
visit(struct walk *w, int folder, const char *name, const char *prefix)
{
	struct stat st;
	char *path = xasprintf("%s/%s", prefix, name);
	enum err e = OK;

	if (strv_has(w->skip, path)) {
		free(path);
		return OK;
	}
	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		log_error("cannot look at the job's output %s: %s", path, strerror(errno));
		e = ERR_SYSTEM;
	} else if (S_ISDIR(st.st_mode)) {
		e = enter_folder(w, folder, name, path);
	} else if (S_ISREG(st.st_mode)) {
		e = add_output(w, folder, name, &st, path);
		if (e == OK)
			return OK;
	}
	free(path);
	return e;
}

static enum err
walk_entries(struct walk *w, DIR *dir, const char *path)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(dir);

		if (entry == NULL) {
			if (errno == 0)
				return OK;
			log_error("cannot read the job's folder %s/: %s", path, strerror(errno));
			return ERR_SYSTEM;
		}
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		enum err e = visit(w, dirfd(dir), entry->d_name, path);

		if (e != OK)
			return e;
	}
}

static enum err
walk_folder(struct walk *w, int fd, const char *path)
{
	int own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = own >= 0 ? fdopendir(own) : NULL;

	if (dir == NULL) {
		log_error("cannot read the job's folder %s/: %s", path, strerror(errno));
		if (own >= 0)
			close(own);
		return ERR_SYSTEM;
	}
	enum err e = walk_entries(w, dir, path);

	closedir(dir);
	return e;
}

enum err
jail_collect_layer(int fd, const char *prefix, const struct strv *skip, struct jail_result *r)
{
	struct walk w = {.skip = skip, .result = r};

	return walk_folder(&w, fd, prefix);
}

static int
compare_outputs(const void *a, const void *b)
{
	const struct jail_output *x = a, *y = b;

	return strcmp(x->path, y->path);
}

void
jail_collect_sort(struct jail_result *r)
{
	if (r->output_count > 1)
		qsort(r->outputs, r->output_count, sizeof(*r->outputs), compare_outputs);
}

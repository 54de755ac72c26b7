/* SPDX-License-Identifier: GPL-2.0-or-later */
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

struct output {
	char *final;
	char *temp;
	int fd;
};

char *
outputs_temp_name(const char *final)
{
	static unsigned serial;
	char *dir = path_dir(final);
	char *temp = xasprintf("%s/.%s.dcc-%ld-%u", dir, path_base(final), (long)getpid(), serial++);

	free(dir);
	return temp;
}

static struct output *
append(struct outputs *o, const char *final, char *temp)
{
	o->list = xrealloc(o->list, (o->count + 1) * sizeof(*o->list));
	struct output *out = &o->list[o->count++];

	*out = (struct output){.final = xstrdup(final), .temp = temp, .fd = -1};
	return out;
}

enum err
outputs_add(struct outputs *o, const char *final, mode_t mode, int *fd)
{
	char *temp = outputs_temp_name(final);
	int f = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode & 0777);

	if (f < 0) {
		log_info("cannot create %s: %s", temp, strerror(errno));
		free(temp);
		return ERR_SYSTEM;
	}
	append(o, final, temp)->fd = f;
	*fd = f;
	return OK;
}

void
outputs_adopt(struct outputs *o, const char *temp, const char *final)
{
	append(o, final, xstrdup(temp));
}

bool
outputs_is_placeable(const char *final)
{
	struct stat st;

	if (lstat(final, &st) < 0)
		return errno == ENOENT;
	return S_ISREG(st.st_mode) || S_ISLNK(st.st_mode);
}

enum err
outputs_place(struct outputs *o)
{
	for (size_t i = 0; i < o->count; i++) {
		io_close(&o->list[i].fd);
		if (!outputs_is_placeable(o->list[i].final)) {
			log_warning("%s cannot be replaced by a file", o->list[i].final);
			return ERR_SYSTEM;
		}
	}
	for (size_t i = 0; i < o->count; i++) {
		struct output *out = &o->list[i];

		if (rename(out->temp, out->final) < 0) {
			log_warning("cannot rename %s to %s: %s", out->temp, out->final,
			            strerror(errno));
			return ERR_SYSTEM;
		}
		free(out->temp);
		out->temp = NULL;
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

/* Does name begin with the base name of path without its extension, and end or go on with '.' or '-'? */
static bool
begins_like(const char *name, const char *path)
{
	const char *base = path_base(path);
	size_t n = (size_t)(path_extension(path) - base);

	return n != 0 && strncmp(name, base, n) == 0 &&
	       (name[n] == '\0' || name[n] == '.' || name[n] == '-');
}

bool
outputs_is_expected(const struct args *a, const char *cwd, const char *path)
{
	char *object = path_normalise(cwd, a->object);
	char *dir = path_dir(path);
	char *object_dir = path_dir(object);
	bool is_object = strcmp(object, path) == 0;
	bool is_beside = strcmp(dir, object_dir) == 0 || strcmp(dir, cwd) == 0;
	const char *name = path_base(path);
	bool is_named = begins_like(name, a->object) || begins_like(name, a->argv.items[a->source]);

	free(object);
	free(dir);
	free(object_dir);
	/* The source itself and what would be read as one is never a side output. */
	return is_object || (is_beside && is_named && strcmp(name, path_base(a->argv.items[a->source])) != 0);
}

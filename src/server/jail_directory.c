/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the kernel forbids namespaces: work_dir/job-XXXXXX stands for the client's root, so a relative name
 * means the same as on the client as long as it does not climb above that root. The directory is locked while its
 * process lives; what is there without a lock is a dead one's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "jail_directory.h"
#include "leftovers.h"
#include "log.h"
#include "path.h"
#include "removal.h"
#include "xalloc.h"

#define PREFIX "job-"

static unsigned
count_components(const char *path)
{
	unsigned n = 0;

	for (path += strspn(path, "/"); *path != '\0'; path += strspn(path, "/")) {
		path += strcspn(path, "/");
		n++;
	}
	return n;
}

/* From depth folders below the root, does the name never climb above it? */
static bool
stays_inside(const char *name, unsigned depth)
{
	while (*name != '\0') {
		size_t n = strcspn(name, "/");

		if (n == 2 && memcmp(name, "..", 2) == 0) {
			if (depth == 0)
				return false;
			depth--;
		} else if (n != 0 && !(n == 1 && name[0] == '.')) {
			depth++;
		}
		name += n;
		name += strspn(name, "/");
	}
	return true;
}

static bool
is_served(const char *name, unsigned depth)
{
	return name[0] != '/' && stays_inside(name, depth);
}

enum err
jail_directory_check(const struct jail_job *job)
{
	unsigned depth = count_components(job->cwd);
	const char *bad = NULL;

	if (job->source != NULL && !is_served(job->source, depth))
		bad = job->source;
	for (size_t i = 0; job->outputs != NULL && i < job->outputs->count; i++)
		if (!is_served(job->outputs->items[i], depth))
			bad = job->outputs->items[i];
	/* Any other word that is a path, or glued to -o: an output nobody announced. */
	for (size_t i = 1; i < job->argv->count; i++)
		if (job->argv->items[i][0] == '/' || strncmp(job->argv->items[i], "-o/", 3) == 0)
			bad = job->argv->items[i];
	if (bad == NULL)
		return OK;
	log_info("without namespaces the path %s cannot be served", bad);
	return ERR_DENIED;
}

enum err
jail_directory_make(const char *work_dir, char **directory, int *fd)
{
	for (int tries = 0; tries < 10; tries++) {
		char *path = xasprintf("%s/" PREFIX "XXXXXX", work_dir);

		if (mkdtemp(path) == NULL) {
			log_error("cannot make a directory in %s: %s", work_dir, strerror(errno));
			free(path);
			return ERR_SYSTEM;
		}
		if (leftovers_lock(path, fd)) {
			*directory = path;
			return OK;
		}
		free(path);
	}
	log_error("cannot lock a directory in %s", work_dir);
	return ERR_SYSTEM;
}

enum err
jail_directory_build(struct jail_box *b, int *layers, unsigned *count)
{
	char *tmp = xasprintf("%s%s", b->directory, JAIL_TMP);
	enum err e = mkdir(tmp, 0700) == 0 ? OK : jail_box_fail(b, "make " JAIL_TMP);

	free(tmp);
	for (size_t i = 0; e == OK && i < b->plan.folders.count; i++) {
		char *path = xasprintf("%s%s", b->directory, b->plan.folders.items[i]);

		if (io_make_dirs(path, 0755) != OK)
			e = jail_box_deny(b, "make the client's folders");
		free(path);
	}
	if (e != OK)
		return e;
	layers[0] = open(b->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (layers[0] < 0)
		return jail_box_fail(b, "open the directory");
	*count = 1;
	return OK;
}

void
jail_directory_remove(char *directory, int fd)
{
	if (directory != NULL)
		removal_remove(AT_FDCWD, directory);
	io_close(&fd);
	free(directory);
}

static void
remove_directory(const char *path)
{
	removal_remove(AT_FDCWD, path);
}

void
jail_sweep(const char *work_dir)
{
	leftovers_sweep(work_dir, PREFIX, remove_directory);
}

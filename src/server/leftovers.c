/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "leftovers.h"
#include "log.h"
#include "path.h"

/* Still the folder of that name? A sweep may have come between. */
static bool
is_there(const char *path, int fd)
{
	struct stat ours, there;

	if (fstat(fd, &ours) < 0 || stat(path, &there) < 0)
		return false;
	errno = ENOENT;
	return there.st_dev == ours.st_dev && there.st_ino == ours.st_ino;
}

bool
leftovers_lock(const char *path, int *fd)
{
	int f = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (f >= 0 && flock(f, LOCK_EX | LOCK_NB) == 0 && is_there(path, f)) {
		*fd = f;
		return true;
	}
	int failed = errno;

	io_close(&f);
	errno = failed;
	return false;
}

void
leftovers_sweep(const char *parent, const char *prefix, void (*remove)(const char *path))
{
	DIR *dir = opendir(parent);

	if (dir == NULL)
		return;
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		int fd = -1;

		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		char *path = path_join(parent, entry->d_name);

		if (leftovers_lock(path, &fd)) {
			log_info("removing %s, left by a dead process", path);
			remove(path);
			close(fd);
		}
		free(path);
	}
	closedir(dir);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "ticket.h"
#include "xalloc.h"

static uint64_t
add_text(uint64_t h, const char *text)
{
	for (; text != NULL && *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * 1099511628211u;
	/* A NULL and an end are told from a text that goes on. */
	return (h ^ (text != NULL ? 256u : 257u)) * 1099511628211u;
}

static char *
folder_of(const struct ticket_place *p)
{
	return xasprintf("%s/tls", p->dir);
}

/* By the names of the files too: with another certificate the client is somebody else. */
static char *
path_of(const struct ticket_place *p)
{
	uint64_t h = 14695981039346656037u;

	h = add_text(h, p->files->cert);
	h = add_text(h, p->files->key);
	h = add_text(h, p->files->ca);
	return xasprintf("%s/tls/%s-%016llx", p->dir, p->id, (unsigned long long)h);
}

static bool
is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

/* Was one of the files changed since? */
static bool
is_outdated(const struct stat *ticket, const struct tls_files *files)
{
	const char *paths[] = {files->cert, files->key, files->ca};
	struct stat st;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (paths[i] != NULL && (stat(paths[i], &st) < 0 || !is_older(&st.st_ctim, &ticket->st_mtim)))
			return true;
	return false;
}

enum err
ticket_load(const struct ticket_place *place, unsigned char **data, size_t *len)
{
	char *path = path_of(place);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	char *bytes = NULL;
	enum err e = ERR_MISSING;

	free(path);
	if (fd < 0)
		return ERR_MISSING;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 077) == 0 &&
	    !is_outdated(&st, place->files) && io_read_to_end(fd, TICKET_MAX, &bytes, len) == OK)
		e = OK;
	close(fd);
	if (e == OK)
		*data = (unsigned char *)bytes;
	return e;
}

enum err
ticket_save(const struct ticket_place *place, const unsigned char *data, size_t len)
{
	char *folder = folder_of(place);
	char *path = path_of(place);
	enum err e = len <= TICKET_MAX ? io_make_dirs(folder, 0700) : ERR_LIMIT;

	if (e == OK)
		e = io_replace_file(path, data, len, 0600);
	free(folder);
	free(path);
	return e;
}

void
ticket_drop(const struct ticket_place *place)
{
	char *path = path_of(place);

	unlink(path);
	free(path);
}

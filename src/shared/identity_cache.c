/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities on the disk: what stat(2) says of a compiler's files now, and the directory that
 * keeps one text file (identity.c) for each compiler. dcc does this at every start, so it is done
 * with one small read and one stat(2) a file; no lock is needed for that, since a file is only ever replaced
 * whole. The file "lock" is for those who find nothing: one of them computes, the others wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identity.h"
#include "io.h"
#include "log.h"
#include "path.h"
#include "xalloc.h"

/* With another value of these the same driver runs other programs, or they load other libraries. */
static const char *const variables[] = {"COMPILER_PATH", "GCC_EXEC_PREFIX", "LD_LIBRARY_PATH"};
#define VARIABLES (sizeof(variables) / sizeof(variables[0]))

enum err
identity_stamp_file(const char *path, struct identity_stamp *stamp)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return errno == ENOENT || errno == ENOTDIR ? ERR_MISSING : ERR_SYSTEM;
	*stamp = (struct identity_stamp){
		.dev = (uint64_t)st.st_dev,
		.ino = (uint64_t)st.st_ino,
		.size = (uint64_t)st.st_size,
		.mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000 + (uint64_t)st.st_mtim.tv_nsec,
		.ctime_ns = (uint64_t)st.st_ctim.tv_sec * 1000000000 + (uint64_t)st.st_ctim.tv_nsec,
	};
	return OK;
}

void
identity_list_environment(struct strv *out)
{
	for (size_t i = 0; i < VARIABLES; i++) {
		const char *value = getenv(variables[i]);

		if (value != NULL)
			strv_take(out, xasprintf("%s=%s", variables[i], value));
		else
			strv_add(out, variables[i]);
	}
}

bool
identity_is_program(const char *path)
{
	struct stat st;

	return access(path, X_OK) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Copied by hand: dcc looks into every folder of PATH for as at each start, and printf is slow. */
static bool
is_program_in(const char *dir, size_t dir_len, const char *name, char path[PATH_MAX])
{
	size_t name_len = strlen(name);

	if (dir_len + name_len + 2 > PATH_MAX)
		return false;
	memcpy(path, dir, dir_len);
	path[dir_len] = '/';
	memcpy(path + dir_len + 1, name, name_len + 1);
	return identity_is_program(path);
}

/* A relative folder of PATH is passed over: what it means changes with every cd. */
char *
identity_find_program(const char *name, const char *search, bool (*is_unwanted)(const char *path))
{
	const char *dir = search != NULL ? search : getenv("PATH");
	char path[PATH_MAX];

	while (dir != NULL && *dir != '\0') {
		size_t n = strcspn(dir, ":");

		if (dir[0] == '/' && is_program_in(dir, n, name, path) && (is_unwanted == NULL || !is_unwanted(path)))
			return xstrdup(path);
		dir += n;
		dir += *dir == ':';
	}
	return NULL;
}

static bool
is_same_environment(const struct identity *id)
{
	struct strv now = {0};

	if (id->search != NULL)
		return true;
	identity_list_environment(&now);
	bool is_same = now.count == id->environment.count;

	for (size_t i = 0; is_same && i < now.count; i++)
		is_same = strcmp(now.items[i], id->environment.items[i]) == 0;
	strv_release(&now);
	return is_same;
}

static bool
is_same_stamp(const char *path, const struct identity_stamp *then)
{
	struct identity_stamp now;

	return identity_stamp_file(path, &now) == OK && now.dev == then->dev && now.ino == then->ino &&
	       now.size == then->size && now.mtime_ns == then->mtime_ns && now.ctime_ns == then->ctime_ns;
}

static bool
is_still_found(const struct identity *id, const struct identity_file *f)
{
	if (f->program == NULL)
		return true;
	char *path = identity_find_program(f->program, id->search, NULL);
	bool is_same = path != NULL && strcmp(path, f->path) == 0;

	free(path);
	return is_same;
}

static bool
is_counted(const struct identity_file *f)
{
	return f->digest != NULL;
}

/* is_checked NULL: all files. */
static bool
is_current(const struct identity *id, bool (*is_checked)(const struct identity_file *f))
{
	/* The name may be a link that now leads to another driver. */
	if (!is_same_stamp(id->asked, &id->files[0].stamp) || !is_same_environment(id))
		return false;
	for (size_t i = 0; i < id->file_count; i++) {
		const struct identity_file *f = &id->files[i];

		if (is_checked != NULL && !is_checked(f))
			continue;
		if (!is_same_stamp(f->path, &f->stamp) || !is_still_found(id, f))
			return false;
	}
	return true;
}

bool
identity_is_current(const struct identity *id)
{
	return is_current(id, NULL);
}

/* The base name is for people; the number (FNV-1a) keeps paths apart, and the text settles what is left. */
static uint64_t
add_to_number(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211U;
	return h;
}

static char *
cache_path(const char *dir, const char *path, const char *search)
{
	uint64_t h = add_to_number(14695981039346656037U, path);

	if (search != NULL)
		h = add_to_number(h, search);
	return xasprintf("%s/%.100s-%016" PRIx64, dir, path_base(path), h);
}

static bool
is_asked_for(const struct identity *id, const char *path, const char *search)
{
	if (strcmp(id->asked, path) != 0 || (id->search == NULL) != (search == NULL))
		return false;
	return search == NULL || strcmp(id->search, search) == 0;
}

enum err
identity_load(const char *dir, const char *path, struct identity *id)
{
	return identity_load_with(dir, path, NULL, id);
}

enum err
identity_load_with(const char *dir, const char *path, const char *search, struct identity *id)
{
	struct identity found = {0};
	char *name = cache_path(dir, path, search);
	char *text = NULL;
	size_t len = 0;
	enum err e = io_read_file(name, IDENTITY_TEXT_MAX, &text, &len);

	if (e == OK)
		e = identity_parse(text, len, &found);
	free(text);
	free(name);
	if (e == OK && is_asked_for(&found, path, search) && is_current(&found, is_counted)) {
		*id = found;
		return OK;
	}
	identity_release(&found);
	return ERR_MISSING;
}

int
identity_lock(const char *dir)
{
	char *path = path_join(dir, "lock");
	int fd = io_make_dirs(dir, 0755) == OK ? open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	while (fd >= 0 && fcntl(fd, F_SETLKW, &whole) != 0 && errno == EINTR)
		;
	free(path);
	return fd;
}

enum err
identity_save(const char *dir, const struct identity *id)
{
	struct buffer text = {0};
	enum err e = identity_format(id, &text);

	if (e == OK && io_make_dirs(dir, 0755) != OK) {
		log_warning("cannot make %s: %s", dir, strerror(errno));
		e = ERR_SYSTEM;
	}
	if (e == OK) {
		char *name = cache_path(dir, id->asked, id->search);

		e = io_replace_file(name, text.data, text.len, 0644);
		if (e != OK)
			log_warning("cannot write %s: %s", name, strerror(errno));
		free(name);
	}
	buffer_release(&text);
	return e;
}

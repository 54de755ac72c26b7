/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file begins with a line "dcc oracle 1 SIZE", so that one cut short by a crash is known: it is written
 * without fsync(2), for it can be had again.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "path.h"
#include "record.h"
#include "xalloc.h"

#define DAY 86400
#define UNUSED_MAX (30 * DAY)
#define RECORDS_MAX 4096u
#define RECORD_MAX ((size_t)8 << 20)

static const char head[] = "dcc oracle 1 ";

static size_t
remove_records(const char *dir, time_t older_than)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	struct stat st;
	size_t left = 0;

	while (entries != NULL && (entry = readdir(entries)) != NULL) {
		if (entry->d_name[0] == '.' || fstatat(dirfd(entries), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (!S_ISREG(st.st_mode) || st.st_mtime >= older_than || unlinkat(dirfd(entries), entry->d_name, 0) != 0)
			left++;
	}
	if (entries != NULL)
		closedir(entries);
	return left;
}

void
record_tidy(const char *dir)
{
	time_t now = time(NULL);

	if (io_make_dirs(dir, 0700) != OK)
		log_warning("cannot make %s: %s", dir, strerror(errno));
	if (remove_records(dir, now - UNUSED_MAX) > RECORDS_MAX)
		remove_records(dir, now + DAY);
}

/* Its time says when it was used last, to the day. */
static void
touch(const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && st.st_mtime + DAY < time(NULL))
		utimensat(AT_FDCWD, path, NULL, 0);
}

/* The text behind the first line, if that tells its size; it stays in data. */
static char *
body(char *data, size_t len)
{
	char *end;

	if (strncmp(data, head, strlen(head)) != 0)
		return NULL;
	unsigned long size = strtoul(data + strlen(head), &end, 10);

	if (*end != '\n' || len - (size_t)(end + 1 - data) != size || strlen(end + 1) != size)
		return NULL;
	return end + 1;
}

enum err
record_load(const char *dir, const char key[HASH_HEX_SIZE], char **text)
{
	char *path = path_join(dir, key);
	char *data = NULL;
	size_t len = 0;
	enum err e = io_read_file(path, RECORD_MAX, &data, &len);
	const char *found = e == OK ? body(data, len) : NULL;

	if (found != NULL) {
		touch(path);
		*text = xstrdup(found);
	}
	free(data);
	free(path);
	return found != NULL ? OK : ERR_MISSING;
}

void
record_save(const char *dir, const char key[HASH_HEX_SIZE], const struct buffer *text)
{
	char *path = path_join(dir, key);
	struct buffer whole = {0};
	char *line = xasprintf("%s%zu\n", head, text->len);

	buffer_add_string(&whole, line);
	buffer_add(&whole, text->data, text->len);
	if (io_replace_file(path, whole.data, whole.len, 0600) != OK)
		log_warning("cannot write %s: %s", path, strerror(errno));
	buffer_release(&whole);
	free(line);
	free(path);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A blob's file is named by its digest: two digits for a folder, 62 for the file. As it came it has no
 * suffix; its first use gives it the mtime that the job needs, and the name says so:
 *
 *     ab/cdef...                     came, not used yet
 *     ab/cdef....17b3c0ffee000000    with this mtime (nanoseconds, hexadecimal)
 *     ab/cdef....17b3c0ffee000000.1  the same again with an inode of its own
 *
 * So the usual lookup is one stat and one link of a name that says everything; and the link sets the
 * inode's ctime, which is the clock of the least recently used. Other mtimes are copies: some compilers tell files
 * apart by inode and mtime. Names change under a lock of the client's folder, and appear when all bytes are there.
 *
 * Not synced to the disk: after a crash of the machine a new epoch begins, and in that every file is hashed
 * before its first use (moved to the epoch's folder then).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "store.h"
#include "strv.h"
#include "upkeep.h"
#include "xalloc.h"

#define NAME_SIZE 128
#define STEM_SIZE 66 /* "ab/" and 62 digits, NUL */
#define PIECE ((size_t)64 << 10)
#define UNCHECKED_BYTES ((uint64_t)1 << 20)
#define FLUSH_BYTES ((int64_t)16 << 20)
#define NS_PER_S 1000000000

struct store {
	char *path;
	int top_fd;      /* of all clients */
	int fd;          /* of this one */
	int blobs_fd;    /* of the present epoch */
	int tmp_fd;
	uint64_t epoch;
	struct strv old; /* folders of older epochs */
	int64_t limit;
	int64_t added;   /* bytes not yet counted */
	unsigned uploads;
};

/* ---- opening ---- */

static int
open_folder(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void
list_old_epochs(struct store *s, const char *present)
{
	int fd = openat(s->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		io_close(&fd);
		return;
	}
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] == 'e' && strcmp(entry->d_name, present) != 0)
			strv_add(&s->old, entry->d_name);
	closedir(dir);
}

static enum err
open_client(struct store *s, const char *store_dir, const unsigned char client[MANIFEST_CLIENT_SIZE])
{
	struct hash *h = hash_new();
	char *top = xasprintf("%s/" UPKEEP_FOLDER, store_dir);
	char name[HASH_HEX_SIZE];
	char epoch[32];

	hash_add(h, client, MANIFEST_CLIENT_SIZE);
	hash_finish(h, name);
	s->path = xasprintf("%s/%s", top, name);
	s->top_fd = open(top, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	free(top);
	if (s->top_fd < 0 || upkeep_epoch(s->top_fd, &s->epoch) != OK)
		return ERR_SYSTEM;
	snprintf(epoch, sizeof(epoch), "e%" PRIu64, s->epoch);
	s->fd = open_folder(s->top_fd, name);
	if (s->fd < 0)
		return ERR_SYSTEM;
	s->blobs_fd = open_folder(s->fd, epoch);
	s->tmp_fd = open_folder(s->fd, UPKEEP_TMP);
	if (s->blobs_fd < 0 || s->tmp_fd < 0)
		return ERR_SYSTEM;
	list_old_epochs(s, epoch);
	return OK;
}

enum err
store_open(const char *store_dir, int64_t limit, const unsigned char client[MANIFEST_CLIENT_SIZE],
           struct store **s)
{
	struct store *made = xcalloc(1, sizeof(*made));

	*made = (struct store){.top_fd = -1, .fd = -1, .blobs_fd = -1, .tmp_fd = -1, .limit = limit};
	enum err e = open_client(made, store_dir, client);

	if (e == OK) {
		*s = made;
		return OK;
	}
	log_error("cannot open the store below %s: %s", store_dir, strerror(errno));
	store_close(made);
	return e;
}

static void
count(struct store *s)
{
	if (s->added != 0)
		upkeep_added(s->top_fd, s->added, s->limit);
	s->added = 0;
}

void
store_close(struct store *s)
{
	if (s == NULL)
		return;
	count(s);
	io_close(&s->top_fd);
	io_close(&s->fd);
	io_close(&s->blobs_fd);
	io_close(&s->tmp_fd);
	strv_release(&s->old);
	free(s->path);
	free(s);
}

int
store_folder(const struct store *s)
{
	return s->fd;
}

const char *
store_path(const struct store *s)
{
	return s->path;
}

uint64_t
store_epoch(const struct store *s)
{
	return s->epoch;
}

/* ---- names ---- */

static void
format_stem(const unsigned char digest[HASH_SIZE], char stem[STEM_SIZE])
{
	char hex[HASH_HEX_SIZE];

	hash_format(digest, hex);
	snprintf(stem, STEM_SIZE, "%.2s/%s", hex, hex + 2);
}

static void
format_name(const struct store_file *f, char name[NAME_SIZE])
{
	char stem[STEM_SIZE];

	format_stem(f->digest, stem);
	if (f->nth == 0)
		snprintf(name, NAME_SIZE, "%s.%016" PRIx64, stem, (uint64_t)f->mtime_ns);
	else
		snprintf(name, NAME_SIZE, "%s.%016" PRIx64 ".%" PRIx32, stem, (uint64_t)f->mtime_ns, f->nth);
}

/* After ENOENT: the folder of blobs that name needs. Whoever cleans up may remove it while it is empty. */
static bool
make_folder(int blobs_fd, const char *name)
{
	char folder[3] = {name[0], name[1], '\0'};

	return errno == ENOENT && (mkdirat(blobs_fd, folder, 0700) == 0 || errno == EEXIST);
}

static enum err
move(int from_fd, const char *from, int blobs_fd, const char *name)
{
	for (int tries = 0; tries < 4; tries++) {
		if (renameat(from_fd, from, blobs_fd, name) == 0)
			return OK;
		if (!make_folder(blobs_fd, name))
			break;
	}
	return ERR_SYSTEM;
}

/* Gives a file without a name this one. Another of that name has the same bytes. */
static enum err
give_name(int fd, int blobs_fd, const char *name)
{
	char from[32];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	for (int tries = 0; tries < 4; tries++) {
		if (linkat(AT_FDCWD, from, blobs_fd, name, AT_SYMLINK_FOLLOW) == 0 || errno == EEXIST)
			return OK;
		if (!make_folder(blobs_fd, name))
			break;
	}
	return ERR_SYSTEM;
}

/* ---- in ---- */

enum err
store_begin(struct store *s, struct store_upload *u)
{
	u->name[0] = '\0';
	u->fd = openat(s->tmp_fd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (u->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
		snprintf(u->name, sizeof(u->name), "%ld-%u", (long)getpid(), s->uploads++);
		/* One of that name is a dead process's. */
		if (unlinkat(s->tmp_fd, u->name, 0) < 0 && errno != ENOENT)
			return ERR_SYSTEM;
		u->fd = openat(s->tmp_fd, u->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	}
	if (u->fd < 0)
		return ERR_SYSTEM;
	u->store = s;
	u->hash = hash_new();
	u->size = 0;
	return OK;
}

enum err
store_add(struct store_upload *u, const void *data, size_t len)
{
	hash_add(u->hash, data, len);
	u->size += len;
	/* Most files are small, and their number is what --store-size counts. */
	enum err e = u->size > UNCHECKED_BYTES ? io_check_room(u->fd) : OK;

	return e == OK ? io_write_exactly(u->fd, data, len, IO_NO_DEADLINE) : e;
}

/* The file is u's no more, whatever becomes of it. */
static void
end_upload(struct store_upload *u)
{
	int why = errno;

	io_close(&u->fd);
	u->name[0] = '\0';
	errno = why;
}

static enum err
finish_upload(struct store_upload *u, int blobs_fd, const char *name)
{
	enum err e = fchmod(u->fd, 0444) == 0 ? OK : ERR_SYSTEM;

	if (e == OK)
		e = u->name[0] != '\0' ? move(u->store->tmp_fd, u->name, blobs_fd, name) : give_name(u->fd, blobs_fd, name);
	if (e != OK)
		return e;
	u->store->added += (int64_t)u->size;
	end_upload(u);
	return OK;
}

enum err
store_commit(struct store_upload *u, const unsigned char digest[HASH_SIZE])
{
	unsigned char found[HASH_SIZE];
	char stem[STEM_SIZE];

	hash_finish_binary(u->hash, found);
	u->hash = NULL;
	format_stem(digest, stem);
	enum err e = memcmp(found, digest, HASH_SIZE) == 0 ? finish_upload(u, u->store->blobs_fd, stem)
	                                                   : ERR_PROTOCOL;

	if (e == OK && u->store->added >= FLUSH_BYTES)
		count(u->store);
	store_abort(u);
	return e;
}

void
store_abort(struct store_upload *u)
{
	unsigned char unused[HASH_SIZE];

	if (u->hash != NULL)
		hash_finish_binary(u->hash, unused);
	u->hash = NULL;
	if (u->fd < 0)
		return;
	if (u->name[0] != '\0')
		unlinkat(u->store->tmp_fd, u->name, 0);
	end_upload(u);
}

/* ---- out ---- */

int
store_is_intact(const struct store_file *f, int64_t size, int64_t mtime_ns)
{
	/* Some file systems keep whole seconds. */
	bool is_same_time = mtime_ns == f->mtime_ns ||
	                    (mtime_ns % NS_PER_S == 0 && mtime_ns == f->mtime_ns - f->mtime_ns % NS_PER_S);

	return (uint64_t)size == f->size && is_same_time;
}

static int64_t
mtime_of(const struct stat *st)
{
	return (int64_t)st->st_mtim.tv_sec * NS_PER_S + st->st_mtim.tv_nsec;
}

static void
drop_damaged(int blobs_fd, const char *name)
{
	log_warning("the stored file %s is damaged: it will be fetched again", name);
	unlinkat(blobs_fd, name, 0);
}

static void
fill_times(struct timespec times[2], int64_t mtime_ns)
{
	int64_t seconds = mtime_ns / NS_PER_S;
	int64_t rest = mtime_ns % NS_PER_S;

	if (rest < 0) {
		rest += NS_PER_S;
		seconds--;
	}
	times[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	times[1] = (struct timespec){.tv_sec = (time_t)seconds, .tv_nsec = (long)rest};
}

/* Hands all bytes of the file to u, which hashes them. */
static enum err
copy_to(int blobs_fd, const char *name, struct store_upload *u)
{
	int fd = openat(blobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	enum err e = OK;
	ssize_t n = 1;

	if (fd < 0)
		return errno == ENOENT ? ERR_MISSING : ERR_SYSTEM;
	unsigned char *piece = xmalloc(PIECE);

	while (e == OK && (n = read(fd, piece, PIECE)) != 0) {
		if (n > 0)
			e = store_add(u, piece, (size_t)n);
		else if (errno != EINTR)
			e = ERR_SYSTEM;
	}
	int why = errno;

	free(piece);
	close(fd);
	errno = why;
	return e;
}

/* A copy of the file under another name, unless its bytes are not what they should be: ERR_MISSING. */
static enum err
make_copy(struct store *s, int from_fd, const char *from, const struct store_file *f, const char *name)
{
	struct store_upload u = STORE_UPLOAD_INIT;
	unsigned char found[HASH_SIZE];
	struct timespec times[2];
	enum err e = store_begin(s, &u);

	if (e == OK)
		e = copy_to(from_fd, from, &u);
	if (e == OK) {
		hash_finish_binary(u.hash, found);
		u.hash = NULL;
		if (memcmp(found, f->digest, HASH_SIZE) != 0 || u.size != f->size) {
			drop_damaged(from_fd, from);
			e = ERR_MISSING;
		}
	}
	fill_times(times, f->mtime_ns);
	if (e == OK && futimens(u.fd, times) < 0)
		e = ERR_SYSTEM;
	if (e == OK)
		e = finish_upload(&u, s->blobs_fd, name);
	store_abort(&u);
	return e;
}

/* The file becomes another by name and mtime. ERR_MISSING: there is none, or another size of it. */
static enum err
adopt(struct store *s, const struct store_file *f, const char *stem, const char *name)
{
	struct timespec times[2];
	struct stat st;

	if (fstatat(s->blobs_fd, stem, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? ERR_MISSING : ERR_SYSTEM;
	if ((uint64_t)st.st_size != f->size) {
		drop_damaged(s->blobs_fd, stem);
		return ERR_MISSING;
	}
	fill_times(times, f->mtime_ns);
	if (utimensat(s->blobs_fd, stem, times, AT_SYMLINK_NOFOLLOW) < 0)
		return ERR_SYSTEM;
	return move(s->blobs_fd, stem, s->blobs_fd, name);
}

/* From any file in this folder of blobs that has the digest. */
static enum err
copy_any(struct store *s, int blobs_fd, const struct store_file *f, const char *name)
{
	char folder[3] = {name[0], name[1], '\0'};
	size_t stem_len = STEM_SIZE - 1;
	int fd = openat(blobs_fd, folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	enum err e = ERR_MISSING;

	if (dir == NULL) {
		io_close(&fd);
		return ERR_MISSING;
	}
	for (const struct dirent *entry; e == ERR_MISSING && (entry = readdir(dir)) != NULL;)
		if (strncmp(entry->d_name, name + 3, stem_len - 3) == 0)
			e = make_copy(s, fd, entry->d_name, f, name);
	closedir(dir);
	return e;
}

/* What an older epoch has is hashed by being copied; then the old one goes. */
static enum err
take_from_old(struct store *s, const struct store_file *f, const char *stem, const char *name)
{
	enum err e = ERR_MISSING;

	for (size_t i = 0; e == ERR_MISSING && i < s->old.count; i++) {
		int fd = openat(s->fd, s->old.items[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			continue;
		e = make_copy(s, fd, name, f, name);
		if (e == OK)
			unlinkat(fd, name, 0);
		if (e == ERR_MISSING)
			e = make_copy(s, fd, stem, f, name);
		if (e == OK)
			unlinkat(fd, stem, 0);
		if (e == ERR_MISSING)
			e = copy_any(s, fd, f, name);
		close(fd);
	}
	return e;
}

/* Under the lock: is it there by now? Else from what else there is. */
static enum err
provide(struct store *s, const struct store_file *f, const char *name)
{
	char stem[STEM_SIZE];
	enum err e = OK;

	if (flock(s->fd, LOCK_EX) < 0)
		return ERR_SYSTEM;
	format_stem(f->digest, stem);
	if (faccessat(s->blobs_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		e = adopt(s, f, stem, name);
		if (e == ERR_MISSING)
			e = copy_any(s, s->blobs_fd, f, name);
		if (e == ERR_MISSING)
			e = take_from_old(s, f, stem, name);
	}
	int why = errno;

	flock(s->fd, LOCK_UN);
	errno = why;
	return e;
}

/* The usual case: it is there under its name. */
static enum err
link_named(struct store *s, const struct store_file *f, const char *blob, int folder, const char *name)
{
	struct stat st;

	if (fstatat(s->blobs_fd, blob, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? ERR_MISSING : ERR_SYSTEM;
	if (!store_is_intact(f, st.st_size, mtime_of(&st))) {
		drop_damaged(s->blobs_fd, blob);
		return ERR_MISSING;
	}
	if (linkat(s->blobs_fd, blob, folder, name, 0) == 0)
		return OK;
	/* Evicted in between. */
	return errno == ENOENT ? ERR_MISSING : ERR_SYSTEM;
}

enum err
store_link(struct store *s, const struct store_file *f, int folder, const char *name)
{
	char blob[NAME_SIZE];

	format_name(f, blob);
	enum err e = link_named(s, f, blob, folder, name);

	if (e != ERR_MISSING)
		return e;
	e = provide(s, f, blob);
	return e == OK ? link_named(s, f, blob, folder, name) : e;
}

/* ---- bytes ---- */

enum err
store_load(struct store *s, const unsigned char digest[HASH_SIZE], size_t size, char **data)
{
	/* As a file of the first mtime of all, so that there is one place for verifying and for adopting. */
	const struct store_file f = {.digest = digest, .size = size};
	char name[NAME_SIZE];
	struct stat st;
	size_t len;

	format_name(&f, name);
	if (fstatat(s->blobs_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		enum err e = provide(s, &f, name);

		if (e != OK)
			return e;
	}
	int fd = openat(s->blobs_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? ERR_MISSING : ERR_SYSTEM;
	enum err e = ERR_MISSING;

	if (fstat(fd, &st) == 0 && store_is_intact(&f, st.st_size, mtime_of(&st)))
		e = io_read_to_end(fd, size, data, &len);
	if (e == OK && len != size) {
		free(*data);
		e = ERR_MISSING;
	}
	if (e == ERR_MISSING || e == ERR_LIMIT) {
		drop_damaged(s->blobs_fd, name);
		e = ERR_MISSING;
	}
	/* The clock of the least recently used, which no link sets here. */
	if (e == OK)
		fchmod(fd, 0444);
	close(fd);
	return e;
}

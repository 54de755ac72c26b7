/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes are counted roughly as they come (a file of one number, under a lock) and exactly whenever the
 * folder is walked: at the daemon's start, and when the count is beyond the bound. Then one process goes through
 * all blobs and throws out those that were linked longest ago, until a tenth of the bound is free. A blob that a job's
 * tree has a link of would give nothing back, so it stays.
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
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "removal.h"
#include "upkeep.h"
#include "xalloc.h"

#define TEXT_MAX 128
#define BOOT_SIZE 40
#define UPLOAD_AGE_S 3600        /* longer than any request may take */
#define TREE_AGE_S 86400
#define CLIENT_AGE_S (14 * 86400)
#define LIMIT_MAX ((int64_t)20 << 30)
#define BLOCK 512
#define USAGE_MAX ((int64_t)1 << 60)

/* ---- small files ---- */

static void
read_text(int folder, const char *name, char text[TEXT_MAX])
{
	int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, text, TEXT_MAX - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	io_close(&fd);
}

/* Replaces the file as a whole. */
static enum err
write_text(int folder, const char *name, const char *text)
{
	char temp[64];

	snprintf(temp, sizeof(temp), "%s.%ld", name, (long)getpid());
	int fd = openat(folder, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return ERR_SYSTEM;
	enum err e = io_write_exactly(fd, text, strlen(text), IO_NO_DEADLINE);

	close(fd);
	if (e == OK && renameat(folder, temp, folder, name) < 0)
		e = ERR_SYSTEM;
	if (e != OK)
		unlinkat(folder, temp, 0);
	return e;
}

/* -1: somebody has it, or it cannot be had. Closing it unlocks. */
static int
lock(int folder, const char *name, int how)
{
	int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd >= 0 && flock(fd, how) < 0)
		io_close(&fd);
	return fd;
}

static int
open_top(const char *store_dir)
{
	char *path = xasprintf("%s/" UPKEEP_FOLDER, store_dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	free(path);
	return fd;
}

static int
make_top(const char *store_dir)
{
	char *path = xasprintf("%s/" UPKEEP_FOLDER, store_dir);
	int r = mkdir(path, 0700);

	free(path);
	return r == 0 || errno == EEXIST ? open_top(store_dir) : -1;
}

/* ---- epochs ---- */

struct epoch {
	uint64_t number;
	char boot[BOOT_SIZE];
	bool is_open;
};

static void
read_epoch(int folder, struct epoch *e)
{
	char text[TEXT_MAX];
	char state[8];

	*e = (struct epoch){.is_open = true};
	read_text(folder, "epoch", text);
	if (sscanf(text, "%" SCNu64 " %39s %7s", &e->number, e->boot, state) == 3)
		e->is_open = strcmp(state, "closed") != 0;
}

static enum err
write_epoch(int folder, const struct epoch *e)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%" PRIu64 " %s %s\n", e->number, e->boot, e->is_open ? "open" : "closed");
	return write_text(folder, "epoch", text);
}

/* The kernel's name for this boot; where it has none each start is one. */
static void
find_boot(char boot[BOOT_SIZE])
{
	char text[TEXT_MAX];

	read_text(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text);
	text[strcspn(text, " \n")] = '\0';
	snprintf(boot, BOOT_SIZE, "%.36s", text[0] != '\0' ? text : "unknown");
}

static enum err
begin(int folder, enum upkeep_user user)
{
	struct epoch e;
	char boot[BOOT_SIZE];

	read_epoch(folder, &e);
	find_boot(boot);
	/* Beside a daemon that serves now, a single job is no news. */
	bool is_new = strcmp(boot, e.boot) != 0 || strcmp(boot, "unknown") == 0 ||
	              (user == UPKEEP_DAEMON && e.is_open);

	if (!is_new && user == UPKEEP_ONCE)
		return OK;
	if (is_new)
		e.number++;
	e.is_open = user == UPKEEP_DAEMON;
	snprintf(e.boot, sizeof(e.boot), "%s", boot);
	return write_epoch(folder, &e);
}

enum err
upkeep_begin(const char *store_dir, enum upkeep_user user)
{
	int folder = make_top(store_dir);
	enum err e = folder >= 0 ? begin(folder, user) : ERR_SYSTEM;

	if (e != OK)
		log_error("cannot prepare the store below %s: %s", store_dir, strerror(errno));
	io_close(&folder);
	return e;
}

void
upkeep_end(const char *store_dir)
{
	int folder = open_top(store_dir);
	struct epoch e;

	if (folder < 0)
		return;
	read_epoch(folder, &e);
	e.is_open = false;
	if (write_epoch(folder, &e) != OK)
		log_warning("cannot close the store below %s: %s", store_dir, strerror(errno));
	close(folder);
}

enum err
upkeep_epoch(int folder_fd, uint64_t *epoch)
{
	struct epoch e;

	read_epoch(folder_fd, &e);
	if (e.boot[0] == '\0') {
		errno = ENOENT;
		return ERR_SYSTEM;
	}
	*epoch = e.number;
	return OK;
}

/* ---- walks: clients, their epochs, folders of blobs, blobs ---- */

struct walk {
	void (*visit)(struct walk *w, int folder, const char *name);
	/* Of the blobs: */
	int64_t bytes;
	struct blob *blobs; /* those that nothing else links */
	size_t count, cap;
	int64_t oldest_kept_ns;
	int64_t surplus;        /* still to be removed */
};

struct blob {
	int64_t used_ns;
	int64_t bytes;
};

typedef void (*entry_fn)(struct walk *w, int folder, const char *name);

static void
each_entry(struct walk *w, int folder, const char *name, entry_fn visit)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (dir == NULL) {
		io_close(&fd);
		return;
	}
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;)
		if (entry->d_name[0] != '.')
			visit(w, fd, entry->d_name);
	closedir(dir);
}

static void
walk_blobs_folder(struct walk *w, int folder, const char *name)
{
	each_entry(w, folder, name, w->visit);
	/* An epoch's that is over empties; in the present one it is made again. */
	unlinkat(folder, name, AT_REMOVEDIR);
}

static void
walk_client_part(struct walk *w, int folder, const char *name)
{
	if (name[0] != 'e')
		return;
	each_entry(w, folder, name, walk_blobs_folder);
}

static void
walk_client(struct walk *w, int folder, const char *name)
{
	each_entry(w, folder, name, walk_client_part);
}

static void
walk_blobs(struct walk *w, int top)
{
	each_entry(w, top, ".", walk_client);
}

static int64_t
used_ns(const struct stat *st)
{
	return (int64_t)st->st_ctim.tv_sec * 1000000000 + st->st_ctim.tv_nsec;
}

static void
count_blob(struct walk *w, int folder, const char *name)
{
	struct stat st;

	if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return;
	int64_t bytes = (int64_t)st.st_blocks * BLOCK;

	w->bytes += bytes;
	if (st.st_nlink != 1)
		return;
	if (w->count == w->cap) {
		w->cap = w->cap != 0 ? w->cap * 2 : 1024;
		w->blobs = xrealloc(w->blobs, w->cap * sizeof(*w->blobs));
	}
	w->blobs[w->count++] = (struct blob){used_ns(&st), bytes};
}

static void
remove_blob(struct walk *w, int folder, const char *name)
{
	struct stat st;

	/* The clock is coarse: of those that were used at the time of the cut some may stay. */
	if (w->surplus <= 0 || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_nlink != 1 || used_ns(&st) >= w->oldest_kept_ns)
		return;
	if (unlinkat(folder, name, 0) == 0)
		w->surplus -= (int64_t)st.st_blocks * BLOCK;
}

static int
compare_blobs(const void *a, const void *b)
{
	const struct blob *x = a, *y = b;

	return (x->used_ns > y->used_ns) - (x->used_ns < y->used_ns);
}

/* The time of use before which blobs have to go, so that no more than wanted bytes are left. */
static int64_t
find_cut(struct walk *w, int64_t wanted)
{
	int64_t left = w->bytes;
	int64_t cut = 0;

	if (w->count != 0)
		qsort(w->blobs, w->count, sizeof(*w->blobs), compare_blobs);
	for (size_t i = 0; i < w->count && left > wanted; i++) {
		left -= w->blobs[i].bytes;
		cut = w->blobs[i].used_ns + 1;
	}
	return cut;
}

static int64_t
evict(int top, int64_t limit)
{
	struct walk w = {.visit = count_blob};

	walk_blobs(&w, top);
	int64_t bytes = w.bytes;

	if (bytes > limit) {
		w.oldest_kept_ns = find_cut(&w, limit - limit / 10);
		w.surplus = bytes - (limit - limit / 10);
		w.visit = remove_blob;
		bytes = limit - limit / 10;
		walk_blobs(&w, top);
		bytes += w.surplus;
		log_info("the store had %lld MiB, the bound is %lld MiB: %lld MiB are left",
		         (long long)(w.bytes >> 20), (long long)(limit >> 20), (long long)(bytes >> 20));
	}
	free(w.blobs);
	return bytes;
}

/* ---- trees and remains ---- */

static bool
is_older(int folder, const char *name, int64_t seconds)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (int64_t)st.st_mtim.tv_sec + seconds < (int64_t)time(NULL);
}

static void
remove_upload(struct walk *w, int folder, const char *name)
{
	(void)w;
	if (is_older(folder, name, UPLOAD_AGE_S))
		unlinkat(folder, name, 0);
}

/* Unless a job has it. */
static void
remove_tree(struct walk *w, int folder, const char *name)
{
	int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 &&
	    (w->oldest_kept_ns != 0 || is_older(folder, name, TREE_AGE_S)))
		removal_remove(folder, name);
	io_close(&fd);
}

static void
tidy_client_part(struct walk *w, int folder, const char *name)
{
	if (strcmp(name, UPKEEP_TMP) == 0)
		each_entry(w, folder, name, remove_upload);
	else if (strcmp(name, UPKEEP_TREES) == 0)
		each_entry(w, folder, name, remove_tree);
	/* The folders themselves only where the client has not been here for long. */
	if (is_older(folder, name, CLIENT_AGE_S))
		unlinkat(folder, name, AT_REMOVEDIR);
}

static void
tidy_client(struct walk *w, int folder, const char *name)
{
	bool is_forgotten = is_older(folder, name, CLIENT_AGE_S);

	each_entry(w, folder, name, tidy_client_part);
	if (is_forgotten)
		unlinkat(folder, name, AT_REMOVEDIR);
}

static void
remove_idle_trees(int top)
{
	struct walk w = {.oldest_kept_ns = INT64_MAX};

	each_entry(&w, top, ".", tidy_client);
}

/* ---- the count ---- */

static void
write_usage(int top, int64_t bytes)
{
	char text[TEXT_MAX];

	snprintf(text, sizeof(text), "%lld\n", (long long)bytes);
	if (write_text(top, "usage", text) != OK)
		log_warning("cannot note the size of the store: %s", strerror(errno));
}

static int64_t
read_usage(int top)
{
	char text[TEXT_MAX];

	read_text(top, "usage", text);
	int64_t bytes = strtoll(text, NULL, 10);

	/* No file system is so large. Beyond every bound: so the folder is walked, and the count is right again. */
	return bytes >= 0 && bytes < USAGE_MAX ? bytes : USAGE_MAX;
}

/* One process at a time; the others go on, as what they add is counted next time. */
static void
shrink(int top, int64_t limit)
{
	int held = lock(top, "shrink.lock", LOCK_EX | LOCK_NB);

	if (held < 0)
		return;
	int64_t bytes = evict(top, limit);

	if (bytes > limit) {
		remove_idle_trees(top);
		bytes = evict(top, limit);
	}
	write_usage(top, bytes);
	close(held);
}

void
upkeep_added(int folder_fd, int64_t bytes, int64_t limit)
{
	int held = lock(folder_fd, "usage.lock", LOCK_EX);

	if (held < 0)
		return;
	int64_t usage = read_usage(folder_fd) + bytes;

	write_usage(folder_fd, usage);
	close(held);
	if (usage > limit)
		shrink(folder_fd, limit);
}

void
upkeep_tidy(const char *store_dir, int64_t limit)
{
	struct walk w = {0};
	int top = open_top(store_dir);

	if (top < 0)
		return;
	each_entry(&w, top, ".", tidy_client);
	shrink(top, limit);
	close(top);
}

int64_t
upkeep_default_limit(const char *store_dir)
{
	struct statvfs st;

	if (statvfs(store_dir, &st) < 0)
		return LIMIT_MAX;
	int64_t tenth = (int64_t)st.f_blocks / 10 * (int64_t)st.f_frsize;

	return tenth < LIMIT_MAX ? tenth : LIMIT_MAX;
}

int64_t
upkeep_usage(const char *store_dir)
{
	int top = open_top(store_dir);
	int64_t bytes = top >= 0 ? read_usage(top) : 0;

	io_close(&top);
	return bytes;
}

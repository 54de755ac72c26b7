/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Only file systems of the list below report every change: what another host or a user's process
 * writes below a network file system or FUSE is not reported. The kernel gives one descriptor per folder
 * and process, however many paths lead to it. What is mounted over a folder is no event of
 * that folder: the table of mounts is polled, too.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "io.h"
#include "log.h"
#include "table.h"
#include "watch.h"
#include "xalloc.h"

#define XFS_TYPE 0x58465342
#define ZFS_TYPE 0x2fc12fc1
#define NAMES (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)
#define BYTES (IN_MODIFY | IN_CLOSE_WRITE)
#define GONE (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)
#define MASK (NAMES | BYTES | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK)
#define QUEUE_SIZE ((size_t)64 << 10)
/* After the kernel's limit was met, it is not tried again for so long. */
#define LIMIT_PAUSE_MS 10000

/* One owner's watch. Those of one descriptor are chained. */
struct post {
	void *owner;
	int descriptor;
	struct post *next;
};

struct watch {
	struct watch_listener listener;
	int fd;
	int mounts_fd;
	struct table descriptors; /* of the first post of each */
	struct table owners;      /* posts by owner */
	size_t most;
	long distrusted;
	int64_t full_until_ms;
	unsigned char *queue;
	void **told;
	size_t told_cap;
};

struct watch *
watch_new(const struct watch_listener *listener)
{
	struct watch *w = xcalloc(1, sizeof(*w));

	w->listener = *listener;
	w->most = SIZE_MAX;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0)
		log_warning("inotify: %s: every file is asked for its times, at each scan", strerror(errno));
	w->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	w->queue = xmalloc(QUEUE_SIZE);
	return w;
}

void
watch_free(struct watch *w)
{
	struct post *post;

	if (w == NULL)
		return;
	for (size_t i = 0; (post = table_next(&w->owners, &i)) != NULL;)
		free(post);
	table_release(&w->owners);
	table_release(&w->descriptors);
	io_close(&w->fd);
	io_close(&w->mounts_fd);
	free(w->queue);
	free(w->told);
	free(w);
}

size_t
watch_count(const struct watch *w)
{
	return w->descriptors.count;
}

void
watch_limit(struct watch *w, size_t most)
{
	w->most = most;
}

void
watch_distrust(struct watch *w, long type)
{
	w->distrusted = type;
}

static uint64_t
hash_owner(const void *owner)
{
	return table_hash(&owner, sizeof(owner), 0);
}

static uint64_t
hash_descriptor(int descriptor)
{
	return table_hash(&descriptor, sizeof(descriptor), 0);
}

static bool
is_of_owner(const void *item, const void *key)
{
	return ((const struct post *)item)->owner == key;
}

static bool
is_of_descriptor(const void *item, const void *key)
{
	return ((const struct post *)item)->descriptor == *(const int *)key;
}

static struct post *
first_post(const struct watch *w, int descriptor)
{
	return table_find(&w->descriptors, hash_descriptor(descriptor), is_of_descriptor, &descriptor);
}

static bool
is_trusted(const struct watch *w, const struct statfs *st)
{
	long type = (long)st->f_type;

	if (type == w->distrusted)
		return false;
	switch (type) {
	case EXT4_SUPER_MAGIC:
	case XFS_TYPE:
	case BTRFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
	case OVERLAYFS_SUPER_MAGIC:
	case ZFS_TYPE:
		return true;
	default:
		return false;
	}
}

/* Takes the post out of its descriptor's chain; the last one ends the kernel's watch. */
static void
leave(struct watch *w, struct post *post)
{
	struct post *first = first_post(w, post->descriptor);
	uint64_t hash = hash_descriptor(post->descriptor);

	if (first != post) {
		while (first->next != post)
			first = first->next;
		first->next = post->next;
		return;
	}
	table_remove(&w->descriptors, hash, post);
	if (post->next != NULL) {
		table_add(&w->descriptors, hash, post->next);
		return;
	}
	/* Fails when the folder went and took its watch along. */
	inotify_rm_watch(w->fd, post->descriptor);
	w->full_until_ms = 0;
}

static void
join(struct watch *w, struct post *post, int descriptor)
{
	struct post *first = first_post(w, descriptor);

	post->descriptor = descriptor;
	if (first != NULL) {
		post->next = first->next;
		first->next = post;
		return;
	}
	post->next = NULL;
	table_add(&w->descriptors, hash_descriptor(descriptor), post);
}

void
watch_remove(struct watch *w, void *owner)
{
	struct post *post = table_find(&w->owners, hash_owner(owner), is_of_owner, owner);

	if (post == NULL)
		return;
	leave(w, post);
	table_remove(&w->owners, hash_owner(owner), post);
	free(post);
}

static enum err
failure(struct watch *w, const char *path)
{
	if (errno == ENOENT || errno == ENOTDIR)
		return ERR_MISSING;
	if (errno == ENOSPC) {
		log_notice("inotify: no more than %zu watches: other folders are asked for their times", watch_count(w));
		w->full_until_ms = io_now_ms() + LIMIT_PAUSE_MS;
	} else {
		log_info("inotify: %s: %s", path, strerror(errno));
	}
	return ERR_LIMIT;
}

/* The kernel's descriptor for what lies at path. */
static enum err
add_descriptor(struct watch *w, const char *path, int *descriptor)
{
	struct statfs st;

	if (statfs(path, &st) != 0)
		return failure(w, path);
	if (!is_trusted(w, &st))
		return ERR_DENIED;
	if (w->fd < 0 || watch_count(w) >= w->most ||
	    (w->full_until_ms != 0 && io_now_ms() < w->full_until_ms))
		return ERR_LIMIT;
	int wd = inotify_add_watch(w->fd, path, MASK);

	if (wd < 0)
		return failure(w, path);
	*descriptor = wd;
	return OK;
}

enum err
watch_add(struct watch *w, const char *path, void *owner)
{
	int descriptor = -1;
	enum err e = add_descriptor(w, path, &descriptor);
	struct post *post = table_find(&w->owners, hash_owner(owner), is_of_owner, owner);

	if (e != OK) {
		watch_remove(w, owner);
		return e;
	}
	if (post != NULL && post->descriptor == descriptor)
		return OK;
	if (post != NULL) {
		leave(w, post);
	} else {
		post = xcalloc(1, sizeof(*post));
		post->owner = owner;
		table_add(&w->owners, hash_owner(owner), post);
	}
	join(w, post, descriptor);
	return OK;
}

/* All owners of a folder that went. */
static void
tell_gone(struct watch *w, int descriptor)
{
	struct post *post;

	while ((post = first_post(w, descriptor)) != NULL) {
		void *owner = post->owner;

		watch_remove(w, owner);
		w->listener.heard(w->listener.context, owner, WATCH_GONE, NULL);
	}
}

/* The owners are gathered first: the listener may remove watches, of this folder too. */
static void
tell_all(struct watch *w, int descriptor, enum watch_event event, const char *name)
{
	size_t count = 0;

	for (const struct post *post = first_post(w, descriptor); post != NULL; post = post->next) {
		if (count == w->told_cap) {
			w->told_cap = w->told_cap != 0 ? 2 * w->told_cap : 4;
			w->told = xrealloc(w->told, w->told_cap * sizeof(void *));
		}
		w->told[count++] = post->owner;
	}
	for (size_t i = 0; i < count; i++) {
		const struct post *post = table_find(&w->owners, hash_owner(w->told[i]), is_of_owner, w->told[i]);

		if (post != NULL && post->descriptor == descriptor)
			w->listener.heard(w->listener.context, w->told[i], event, name);
	}
}

static void
tell(struct watch *w, const struct inotify_event *e, const char *name)
{
	if ((e->mask & IN_Q_OVERFLOW) != 0) {
		log_notice("inotify: the queue was full: everything is asked for its times once");
		w->listener.lost(w->listener.context);
	} else if ((e->mask & GONE) != 0) {
		tell_gone(w, e->wd);
	} else if ((e->mask & NAMES) != 0) {
		tell_all(w, e->wd, WATCH_NAME, name);
	} else {
		tell_all(w, e->wd, (e->mask & BYTES) != 0 ? WATCH_BYTES : WATCH_RIGHTS, name);
	}
}

static void
read_queue(struct watch *w)
{
	ssize_t n;

	while ((n = read(w->fd, w->queue, QUEUE_SIZE)) > 0) {
		for (size_t at = 0; at < (size_t)n;) {
			struct inotify_event e;

			memcpy(&e, w->queue + at, sizeof(e));
			at += sizeof(e);
			tell(w, &e, e.len != 0 ? (const char *)w->queue + at : NULL);
			at += e.len;
		}
	}
}

void
watch_hear(struct watch *w)
{
	struct pollfd fds[] = {{.fd = w->fd, .events = POLLIN}, {.fd = w->mounts_fd, .events = POLLPRI}};

	if (w->fd < 0 || poll(fds, 2, 0) <= 0)
		return;
	/* The poll itself takes the news of a mount. */
	if ((fds[1].revents & (POLLPRI | POLLERR)) != 0)
		w->listener.lost(w->listener.context);
	if ((fds[0].revents & POLLIN) != 0)
		read_queue(w);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_WATCH_H
#define DCC_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/*
 * Reports of changes in folders, by inotify, where a file system reports every one. A change whose
 * system call has returned is in the queue: who hears before he answers has missed nothing.
 */
struct watch;

enum watch_event {
	WATCH_NAME,     /* the name came, went or was replaced */
	WATCH_BYTES,    /* what is there has, or may have, other bytes */
	WATCH_RIGHTS,   /* its owner or permissions changed; with no name: the folder's */
	WATCH_GONE      /* the folder itself was moved, deleted or unmounted: it is watched no more */
};

struct watch_listener {
	void *context;
	/* owner: of watch_add. name is NULL when the event is about the folder itself. */
	void (*heard)(void *context, void *owner, enum watch_event event, const char *name);
	/* Reports were lost, or something was mounted: whatever was known may be wrong. Watches stay. */
	void (*lost)(void *context);
};

/* Without inotify it works, and watches nothing. */
struct watch *
watch_new(const struct watch_listener *listener);
void
watch_free(struct watch *w);
/*
 * Watches the folder at path (not through a link) on behalf of owner; again: whatever lies there now. A folder that
 * has two paths has two owners. ERR_DENIED: its file system does not report every change; ERR_LIMIT:
 * no more watches, or no inotify; ERR_MISSING: no folder. After a failure the owner has none.
 */
enum err
watch_add(struct watch *w, const char *path, void *owner);
void
watch_remove(struct watch *w, void *owner);
/* Tells the listener all that has been reported. */
void
watch_hear(struct watch *w);
size_t
watch_count(const struct watch *w);

/* For tests: no more than so many watches, as if the kernel's limit were reached; and none on file systems of this type. */
void
watch_limit(struct watch *w, size_t most);
void
watch_distrust(struct watch *w, long type);

#endif

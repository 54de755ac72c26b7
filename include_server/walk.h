/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_WALK_H
#define DCC_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "folders.h"

/* The way that a path takes over the disk, component by component, as the kernel goes it. */

/* What is on the way: links, folders left by "..", and what decided in the end. Starts as {0}. */
struct trail {
	struct entry **entries;
	size_t count;
	size_t cap;
};

void
trail_release(struct trail *t);
/* Each entry is kept once. */
void
trail_add(struct trail *t, struct entry *e);
void
trail_add_all(struct trail *t, struct entry *const *entries, size_t count);
/* Have all of them stayed what they were at that time? */
bool
trail_has_stayed(const struct trail *t, struct folders *f, uint64_t time);

/* What a trail has to hold for, and what a job has to be shown. */
struct ways {
	struct trail depends; /* while these stay as they are, so does the end */
	struct trail shown;   /* links and folders on the way, without the end */
};

void
ways_release(struct ways *w);
void
ways_clear(struct ways *w);

/*
 * Follows path from a folder (from the root when it is absolute) to *end, which is no link. Adds the
 * way, also of a failure. ERR_MISSING: there is nothing; ERR_DENIED: it cannot be known.
 */
enum err
walk(struct folders *f, struct folder *from, const char *path, struct ways *w, struct entry **end);

#endif

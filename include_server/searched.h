/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SEARCHED_H
#define DCC_SEARCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "interview.h"
#include "resolver.h"
#include "strv.h"

/* A search list, and the state of the disk for which the compiler gave it. */

/* A path as it was then: a folder, or nothing. */
struct searched_stamp {
	char *path;    /* absolute, with the ".." that the compiler's spelling has */
	uint64_t dev;  /* both 0: nothing was there */
	uint64_t ino;
};

struct searched {
	struct search_folder *folders;
	size_t count;
	size_t bracket;          /* as in struct search */
	bool has_preinclude;
	struct searched_stamp *stamps;
	size_t stamp_count;
	struct strv hidden;      /* every folder that is searched, also where none is: absolute, links followed */
	struct strv shown;       /* folders that exist, on the way to what is searched: as spelled, absolute */
};

/*
 * From what the compiler said when it ran in cwd; named are the folders of the command and the environment. ERR_DENIED:
 * one is no folder, or cannot be looked at. ERR_PROTOCOL: the disk changed in between. *s starts as {0}; searched_release
 * frees, in every case.
 */
enum err
searched_take(struct searched *s, const struct interview *i, const char *cwd, const struct strv *named);
void
searched_release(struct searched *s);
/* Is all as it was? */
bool
searched_is_current(const struct searched *s);

/* As text, for the disk; parse also finds out hidden and shown anew. ERR_PROTOCOL: damaged. */
void
searched_format(const struct searched *s, struct buffer *out);
enum err
searched_parse(char *text, struct searched *s);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_PIECES_H
#define DCC_TEST_PIECES_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "resolver.h"
#include "xalloc.h"

/* A folder with real files and the pieces that describe them, for tests of what is shipped. */
#define PIECES_MAX 64

struct pieces {
	char dir[32];
	struct piece list[PIECES_MAX];
	struct piece *all[PIECES_MAX]; /* pointers to list */
	char *paths[PIECES_MAX];
	size_t count;
};

static inline int
pieces_set_up(void **state)
{
	struct pieces *p = xcalloc(1, sizeof(*p));

	snprintf(p->dir, sizeof(p->dir), "/tmp/dcc-pieces.XXXXXX");
	*state = p;
	return mkdtemp(p->dir) != NULL ? 0 : -1;
}

static inline int
pieces_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int
pieces_tear_down(void **state)
{
	struct pieces *p = *state;
	int got = nftw(p->dir, pieces_remove, 16, FTW_DEPTH | FTW_PHYS);

	for (size_t i = 0; i < p->count; i++)
		free(p->paths[i]);
	free(p);
	return got;
}

/* The file's bytes change; its piece stays what it was. */
static inline void
pieces_write(struct pieces *p, size_t i, const char *text)
{
	FILE *f = fopen(p->paths[i], "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* As after a change that the resolver has noticed. */
static inline void
pieces_renew(struct pieces *p, size_t i, const char *text)
{
	struct manifest_entry *e = &p->list[i].entry;
	struct hash *h = hash_new();

	pieces_write(p, i, text);
	*e = (struct manifest_entry){.type = MANIFEST_FILE, .path = p->paths[i], .target = "", .mode = 0644,
	                             .size = strlen(text), .mtime_ns = e->mtime_ns + 1};
	hash_add(h, text, strlen(text));
	hash_finish_binary(h, e->digest);
	p->list[i].catalogue_index = PIECE_NOT_IN_CATALOGUE;
}

/* A new file; the number of its piece. */
static inline size_t
pieces_add(struct pieces *p, const char *name, const char *text)
{
	size_t i = p->count++;

	p->paths[i] = xasprintf("%s/%s", p->dir, name);
	p->all[i] = &p->list[i];
	pieces_renew(p, i, text);
	return i;
}

#endif

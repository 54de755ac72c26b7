/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEST_GOODS_H
#define DCC_TEST_GOODS_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "resolver.h"
#include "xalloc.h"

/* A folder with real files and the pieces that describe them, for tests of what is shipped. */
#define GOODS_MAX 64

struct goods {
	char dir[32];
	struct piece list[GOODS_MAX];
	struct piece *all[GOODS_MAX]; /* pointers to list */
	char *paths[GOODS_MAX];
	size_t count;
};

static inline int
goods_set_up(void **state)
{
	struct goods *g = xcalloc(1, sizeof(*g));

	snprintf(g->dir, sizeof(g->dir), "/tmp/dcc-goods.XXXXXX");
	*state = g;
	return mkdtemp(g->dir) != NULL ? 0 : -1;
}

static inline int
goods_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

static inline int
goods_tear_down(void **state)
{
	struct goods *g = *state;
	int got = nftw(g->dir, goods_remove, 16, FTW_DEPTH | FTW_PHYS);

	for (size_t i = 0; i < g->count; i++)
		free(g->paths[i]);
	free(g);
	return got;
}

/* The file's bytes change; its piece stays what it was. */
static inline void
goods_write(struct goods *g, size_t i, const char *text)
{
	FILE *f = fopen(g->paths[i], "w");

	if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
}

/* As after a change that the resolver has noticed. */
static inline void
goods_renew(struct goods *g, size_t i, const char *text)
{
	struct manifest_entry *e = &g->list[i].entry;
	struct hash *h = hash_new();

	goods_write(g, i, text);
	*e = (struct manifest_entry){.type = MANIFEST_FILE, .path = g->paths[i], .target = "",
	                             .size = strlen(text), .mtime_ns = e->mtime_ns + 1};
	hash_add(h, text, strlen(text));
	hash_finish_binary(h, e->digest);
	g->list[i].catalogue_index = PIECE_NOT_IN_CATALOGUE;
}

/* A new file; the number of its piece. */
static inline size_t
goods_add(struct goods *g, const char *name, const char *text)
{
	size_t i = g->count++;

	g->paths[i] = xasprintf("%s/%s", g->dir, name);
	g->all[i] = &g->list[i];
	goods_renew(g, i, text);
	return i;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open addressing, linear probing, at most half full; removal moves back what follows, so there are no tombs. */
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "xalloc.h"

#define FIRST_CAP 8u

void
table_release(struct table *t)
{
	free(t->slots);
	*t = (struct table){0};
}

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 29;
	return x;
}

uint64_t
table_hash(const void *data, size_t len, uint64_t seed)
{
	const unsigned char *p = data;
	uint64_t h = mix(seed ^ (len * UINT64_C(0x9e3779b97f4a7c15)));

	while (len != 0) {
		uint64_t word = 0;
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(&word, p, n);
		h = mix(h ^ word) * UINT64_C(0xff51afd7ed558ccd);
		p += n;
		len -= n;
	}
	return mix(h);
}

void *
table_find(const struct table *t, uint64_t hash, table_match_fn matches, const void *key)
{
	if (t->cap == 0)
		return NULL;
	for (size_t i = hash & (t->cap - 1); t->slots[i].item != NULL; i = (i + 1) & (t->cap - 1)) {
		if (t->slots[i].hash == hash && matches(t->slots[i].item, key))
			return t->slots[i].item;
	}
	return NULL;
}

static void
place(struct table *t, uint64_t hash, void *item)
{
	size_t i = hash & (t->cap - 1);

	while (t->slots[i].item != NULL)
		i = (i + 1) & (t->cap - 1);
	t->slots[i] = (struct table_slot){hash, item};
}

void
table_add(struct table *t, uint64_t hash, void *item)
{
	if (2 * (t->count + 1) > t->cap) {
		struct table old = *t;

		t->cap = old.cap != 0 ? 2 * old.cap : FIRST_CAP;
		t->slots = xcalloc(t->cap, sizeof(*t->slots));
		for (size_t i = 0; i < old.cap; i++) {
			if (old.slots[i].item != NULL)
				place(t, old.slots[i].hash, old.slots[i].item);
		}
		free(old.slots);
	}
	place(t, hash, item);
	t->count++;
}

/* May the item at i move to the free slot? Only if its chain begins there or before, going round. */
static bool
may_move(const struct table *t, size_t i, size_t hole)
{
	size_t home = t->slots[i].hash & (t->cap - 1);

	return ((i - home) & (t->cap - 1)) >= ((i - hole) & (t->cap - 1));
}

void
table_remove(struct table *t, uint64_t hash, const void *item)
{
	if (t->cap == 0)
		return;
	size_t hole = hash & (t->cap - 1);

	while (t->slots[hole].item != item) {
		if (t->slots[hole].item == NULL)
			return;
		hole = (hole + 1) & (t->cap - 1);
	}
	for (size_t i = (hole + 1) & (t->cap - 1); t->slots[i].item != NULL; i = (i + 1) & (t->cap - 1)) {
		if (may_move(t, i, hole)) {
			t->slots[hole] = t->slots[i];
			hole = i;
		}
	}
	t->slots[hole] = (struct table_slot){0};
	t->count--;
}

void *
table_next(const struct table *t, size_t *i)
{
	while (*i < t->cap) {
		void *item = t->slots[(*i)++].item;

		if (item != NULL)
			return item;
	}
	return NULL;
}

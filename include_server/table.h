/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TABLE_H
#define DCC_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A hash table of pointers; owns none of them. Starts as {0}. Pure. */
struct table_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

struct table {
	struct table_slot *slots;
	size_t count;
	size_t cap; /* 0, or a power of two */
};

typedef bool (*table_match_fn)(const void *item, const void *key);

void
table_release(struct table *t);
uint64_t
table_hash(const void *data, size_t len, uint64_t seed);
/* The item of this hash that matches the key, or NULL. */
void *
table_find(const struct table *t, uint64_t hash, table_match_fn matches, const void *key);
/* The caller knows that it is not there. */
void
table_add(struct table *t, uint64_t hash, void *item);
/* Nothing happens when it is not there. Not while table_next walks. */
void
table_remove(struct table *t, uint64_t hash, const void *item);
/* All items, in no order: begin with *i = 0; NULL ends. */
void *
table_next(const struct table *t, size_t *i);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of pointers with open addressing, never more than half full; the symbols themselves lie in blocks
 * that are never moved nor freed one by one: programs and macros point to them.
 */
#include <stdlib.h>
#include <string.h>

#include "symbols.h"
#include "xalloc.h"

#define BLOCK_SIZE ((size_t)64 << 10)
#define FIRST_CAP 4096u

struct block {
	struct block *next;
	size_t size;
};

struct symbols {
	struct symbol **table;
	size_t cap, count; /* cap is a power of two */
	struct block *blocks;
	unsigned char *at, *end; /* free part of the newest block */
	size_t memory;
	uint32_t epoch;
	struct symbol *special[SPECIAL_COUNT];
};

#define SPECIAL_TEXT(code, text) [code] = text,
static const char *const special_texts[SPECIAL_COUNT] = {SPECIAL_LIST(SPECIAL_TEXT)};

struct symbols *
symbols_new(void)
{
	struct symbols *s = xcalloc(1, sizeof(*s));

	s->cap = FIRST_CAP;
	s->table = xcalloc(s->cap, sizeof(struct symbol *));
	s->memory = sizeof(*s) + s->cap * sizeof(struct symbol *);
	for (int i = SPECIAL_NONE + 1; i < SPECIAL_COUNT; i++) {
		s->special[i] = symbols_intern(s, special_texts[i], strlen(special_texts[i]));
		s->special[i]->special = (uint8_t)i;
	}
	return s;
}

void
symbols_free(struct symbols *s)
{
	if (s == NULL)
		return;
	for (struct block *b = s->blocks, *next; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	free(s->table);
	free(s);
}

/* Eight bytes at a time: identifiers are short, and the table is not offered to strangers. */
static uint32_t
hash(const char *name, size_t length)
{
	uint64_t h = 0x9e3779b97f4a7c15u ^ length, w;

	while (length >= 8) {
		memcpy(&w, name, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
		name += 8;
		length -= 8;
	}
	w = 0;
	while (length > 0)
		w = w << 8 | (unsigned char)name[--length];
	h = (h ^ w) * 0xff51afd7ed558ccdu;
	return (uint32_t)(h >> 32);
}

static void
grow(struct symbols *s)
{
	size_t cap = 2 * s->cap;
	struct symbol **table = xcalloc(cap, sizeof(struct symbol *));

	for (size_t i = 0; i < s->cap; i++) {
		if (s->table[i] == NULL)
			continue;
		size_t k = s->table[i]->hash & (cap - 1);

		while (table[k] != NULL)
			k = (k + 1) & (cap - 1);
		table[k] = s->table[i];
	}
	free(s->table);
	s->memory += (cap - s->cap) * sizeof(struct symbol *);
	s->table = table;
	s->cap = cap;
}

static struct symbol *
make(struct symbols *s, const char *name, size_t length)
{
	size_t size = (sizeof(struct symbol) + length + 1 + 7) & ~(size_t)7;

	if ((size_t)(s->end - s->at) < size) {
		size_t whole = sizeof(struct block) + (size > BLOCK_SIZE ? size : BLOCK_SIZE);
		struct block *b = xmalloc(whole);

		*b = (struct block){s->blocks, whole};
		s->blocks = b;
		s->at = (unsigned char *)(b + 1);
		s->end = (unsigned char *)b + whole;
		s->memory += whole;
	}
	struct symbol *symbol = (struct symbol *)(void *)s->at;

	s->at += size;
	*symbol = (struct symbol){.length = (uint32_t)length};
	memcpy(symbol->name, name, length);
	symbol->name[length] = '\0';
	return symbol;
}

struct symbol *
symbols_intern(struct symbols *s, const char *name, size_t length)
{
	uint32_t h = hash(name, length);
	size_t i = h & (s->cap - 1);

	for (; s->table[i] != NULL; i = (i + 1) & (s->cap - 1)) {
		struct symbol *t = s->table[i];

		if (t->hash == h && t->length == length && memcmp(t->name, name, length) == 0)
			return t;
	}
	struct symbol *symbol = make(s, name, length);

	symbol->hash = h;
	s->table[i] = symbol;
	if (++s->count * 2 > s->cap)
		grow(s);
	return symbol;
}

struct symbol *
symbols_special(struct symbols *s, enum special special)
{
	return s->special[special];
}

uint32_t
symbols_begin(struct symbols *s)
{
	if (++s->epoch == 0) {
		/* After 2^32 runs an old mark could look new. */
		for (size_t i = 0; i < s->cap; i++) {
			if (s->table[i] != NULL)
				s->table[i]->epoch = 0;
		}
		s->epoch = 1;
	}
	return s->epoch;
}

size_t
symbols_memory(const struct symbols *s)
{
	return s->memory;
}

void
symbols_account(struct symbols *s, size_t more, size_t less)
{
	s->memory += more;
	s->memory -= less;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "seen.h"
#include "xalloc.h"

/* A row counts when its epoch is the table's, so forgetting is free. */
struct seen_row {
	uint64_t key;
	uint32_t epoch;
	uint32_t flags;
	const char *name; /* the first, or NULL */
};

#define FIRST_CAP 1024u

void
seen_release(struct seen *s)
{
	free(s->rows);
	*s = (struct seen){0};
}

void
seen_begin(struct seen *s)
{
	s->count = 0;
	if (++s->epoch != 0)
		return;
	for (uint32_t i = 0; i < s->cap; i++)
		s->rows[i].epoch = 0;
	s->epoch = 1;
}

static struct seen_row *
place(struct seen *s, uint64_t key)
{
	uint32_t i = (uint32_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (s->cap - 1);

	while (s->rows[i].epoch == s->epoch && s->rows[i].key != key)
		i = (i + 1) & (s->cap - 1);
	return &s->rows[i];
}

static void
grow(struct seen *s)
{
	struct seen old = *s;

	s->cap = old.cap == 0 ? FIRST_CAP : 2 * old.cap;
	s->rows = xcalloc(s->cap, sizeof(*s->rows));
	for (uint32_t i = 0; i < old.cap; i++) {
		if (old.rows[i].epoch == s->epoch)
			*place(s, old.rows[i].key) = old.rows[i];
	}
	free(old.rows);
}

static struct seen_row *
row_of(struct seen *s, uint64_t key)
{
	if (2 * (s->count + 1) > s->cap)
		grow(s);
	struct seen_row *row = place(s, key);

	if (row->epoch != s->epoch) {
		*row = (struct seen_row){.key = key, .epoch = s->epoch};
		s->count++;
	}
	return row;
}

uint32_t *
seen_flags(struct seen *s, uint64_t key)
{
	return &row_of(s, key)->flags;
}

void
seen_name(struct seen *s, uint64_t key, const char *name)
{
	struct seen_row *row = row_of(s, key);

	if (row->name == NULL)
		row->name = name;
	else if (row->name != name && strcmp(row->name, name) != 0)
		row->flags |= SEEN_RENAMED;
}

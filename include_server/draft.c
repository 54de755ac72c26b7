/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "xalloc.h"

/* An item with what it is sorted by. */
struct place {
	uint32_t index; /* in the catalogue */
	uint32_t item;
	const char *path;
};

static int
compare_indexes(const void *a, const void *b)
{
	uint32_t x = ((const struct place *)a)->index, y = ((const struct place *)b)->index;

	return x < y ? -1 : x > y;
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->path, ((const struct place *)b)->path);
}

static void
add_file(struct draft *d, const struct stock_item *item)
{
	d->files[d->file_count++] = item->entry.type == MANIFEST_FILE ? item->parcel : DRAFT_NO_FILE;
}

static void
fill(struct draft *d, const struct stock *s, const struct place *indexed, const struct place *spelled)
{
	for (size_t i = 0; i < d->index_count; i++) {
		d->indexes[i] = indexed[i].index;
		add_file(d, stock_item(s, indexed[i].item));
	}
	for (size_t i = 0; i < d->entry_count; i++) {
		d->entries[i] = stock_item(s, spelled[i].item)->entry;
		d->spelled[i] = spelled[i].item;
		add_file(d, stock_item(s, spelled[i].item));
	}
}

void
draft_make(struct draft *d, const struct stock *s, const struct catalogue *c, const uint32_t *items,
           size_t count)
{
	/* Indexed ones grow from the front, the others from the end. */
	struct place *places = xcalloc(count + 1, sizeof(*places));
	size_t end = count;

	*d = (struct draft){0};
	for (size_t i = 0; i < count; i++) {
		struct place p = {catalogue_index(c, items[i]), items[i], stock_item(s, items[i])->entry.path};

		places[p.index != STOCK_NO_INDEX ? d->index_count++ : --end] = p;
	}
	d->entry_count = count - end;
	qsort(places, d->index_count, sizeof(*places), compare_indexes);
	qsort(places + end, d->entry_count, sizeof(*places), compare_paths);
	d->indexes = xcalloc(d->index_count + 1, sizeof(*d->indexes));
	d->entries = xcalloc(d->entry_count + 1, sizeof(*d->entries));
	d->spelled = xcalloc(d->entry_count + 1, sizeof(*d->spelled));
	d->files = xcalloc(count + 1, sizeof(*d->files));
	d->files[d->file_count++] = c != NULL ? c->parcel : DRAFT_NO_FILE;
	fill(d, s, places, places + end);
	free(places);
}

void
draft_release(struct draft *d)
{
	free(d->indexes);
	free(d->entries);
	free(d->spelled);
	free(d->files);
	*d = (struct draft){0};
}

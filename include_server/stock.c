/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When to make a catalogue is the ski rental problem: go on paying for each manifest, or pay once for a
 * list that makes the following ones small, without knowing how many follow. Buying when the rent
 * paid so far has reached the price costs at most twice what the best choice would have cost.
 */
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "stock.h"
#include "xalloc.h"

/* What an entry costs on the wire: a digest and a time do not compress, paths of one folder do. */
#define FILE_COST 44u
#define OTHER_COST 4u
#define PATH_DIVISOR 6u
/* A version that the last jobs did not need is of no more interest. */
#define FORGET_JOBS 4096u

struct stock {
	struct parcels *parcels;
	struct stock_item *items;
	size_t count, cap;
	size_t text;              /* bytes of paths */
	uint64_t job;             /* number of the present one */
	struct catalogue *newest;
	uint64_t catalogues;      /* made so far */
	size_t newest_entries;
	uint64_t spent;           /* on items that recur, since the newest catalogue */
	uint64_t recurring_cost;  /* of all items that recur: the price of a catalogue */
};

struct stock *
stock_new(struct parcels *p)
{
	struct stock *s = xcalloc(1, sizeof(*s));

	s->parcels = p;
	return s;
}

void
stock_free(struct stock *s)
{
	if (s == NULL)
		return;
	catalogue_unref(s, s->newest);
	for (size_t i = 0; i < s->count; i++)
		free(s->items[i].text);
	free(s->items);
	free(s);
}

/* One allocation for both strings. */
static void
copy_strings(struct stock *s, struct stock_item *i)
{
	size_t path = strlen(i->entry.path) + 1, target = strlen(i->entry.target) + 1;

	i->text = xmalloc(path + target);
	memcpy(i->text, i->entry.path, path);
	memcpy(i->text + path, i->entry.target, target);
	i->entry.path = i->text;
	i->entry.target = i->text + path;
	s->text += path + target;
}

static uint32_t
add(struct stock *s, const struct manifest_entry *entry)
{
	if (s->count == s->cap) {
		s->cap = s->cap != 0 ? 2 * s->cap : 512;
		s->items = xrealloc(s->items, s->cap * sizeof(*s->items));
	}
	struct stock_item *i = &s->items[s->count];

	*i = (struct stock_item){.entry = *entry};
	copy_strings(s, i);
	if (entry->type == MANIFEST_FILE)
		i->parcel = parcels_find(s->parcels, entry->digest, i->entry.path, entry->size);
	return (uint32_t)s->count++;
}

uint32_t
stock_find(struct stock *s, struct piece *piece)
{
	if (piece->catalogue_index == PIECE_NOT_IN_CATALOGUE)
		piece->catalogue_index = add(s, &piece->entry);
	return piece->catalogue_index;
}

const struct stock_item *
stock_item(const struct stock *s, uint32_t number)
{
	return &s->items[number];
}

void
stock_begin_job(struct stock *s)
{
	s->job++;
}

static uint64_t
cost_of(const struct stock_item *i)
{
	return (i->entry.type == MANIFEST_FILE ? FILE_COST : OTHER_COST) +
	       strlen(i->entry.path) / PATH_DIVISOR;
}

void
stock_use(struct stock *s, uint32_t number, enum stock_role role)
{
	struct stock_item *i = &s->items[number];

	i->last_job = s->job;
	if (role == STOCK_MAIN)
		return;
	i->uses++;
	if (i->uses == 2)
		s->recurring_cost += cost_of(i);
}

/* The catalogue. */

struct catalogue *
stock_catalogue(const struct stock *s)
{
	return s->newest;
}

struct catalogue *
catalogue_ref(struct catalogue *c)
{
	if (c != NULL)
		c->refs++;
	return c;
}

void
catalogue_unref(struct stock *s, struct catalogue *c)
{
	if (c == NULL || --c->refs != 0)
		return;
	parcels_forget(s->parcels, c->parcel);
	free(c->index_of);
	free(c);
}

uint32_t
catalogue_index(const struct catalogue *c, uint32_t item)
{
	return c != NULL && item < c->index_count ? c->index_of[item] : STOCK_NO_INDEX;
}

static bool
is_worth_it(const struct stock *s, const struct stock_item *i)
{
	return i->uses > 1 && i->last_job + FORGET_JOBS > s->job;
}

/* Fills index_of and entries (as many as there are items). */
static size_t
collect(struct stock *s, uint32_t *index_of, struct manifest_entry *entries)
{
	size_t count = 0;

	s->recurring_cost = 0;
	for (size_t i = 0; i < s->count; i++) {
		index_of[i] = STOCK_NO_INDEX;
		if (!is_worth_it(s, &s->items[i]) || count == MANIFEST_ENTRIES_MAX)
			continue;
		s->recurring_cost += cost_of(&s->items[i]);
		entries[count] = s->items[i].entry;
		index_of[i] = (uint32_t)count++;
	}
	return count;
}

static void
make_catalogue(struct stock *s)
{
	struct manifest_entry *entries = xcalloc(s->count, sizeof(*entries));
	struct catalogue *c = xcalloc(1, sizeof(*c));
	struct buffer raw = {0};

	c->refs = 1;
	c->index_count = s->count;
	c->index_of = xcalloc(s->count, sizeof(*c->index_of));
	s->newest_entries = collect(s, c->index_of, entries);
	manifest_put_catalogue(&raw, entries, s->newest_entries);
	free(entries);
	s->spent = 0;
	if (s->newest_entries == 0 || raw.len > MANIFEST_RAW_MAX) {
		buffer_release(&raw);
		free(c->index_of);
		free(c);
		return;
	}
	log_debug("catalogue %llu: %zu entries, %zu bytes", (unsigned long long)s->catalogues + 1,
	          s->newest_entries, raw.len);
	c->parcel = parcels_keep(s->parcels, &raw);
	catalogue_unref(s, s->newest);
	s->newest = c;
	s->catalogues++;
}

void
stock_spend(struct stock *s, uint32_t number)
{
	if (s->items[number].uses > 1 && catalogue_index(s->newest, number) == STOCK_NO_INDEX)
		s->spent += cost_of(&s->items[number]);
}

void
stock_consider_catalogue(struct stock *s, size_t hosts)
{
	if (s->spent != 0 && s->spent >= s->recurring_cost * (hosts != 0 ? hosts : 1))
		make_catalogue(s);
}

void
stock_count(const struct stock *s, struct stock_counts *c)
{
	*c = (struct stock_counts){
		.items = s->count,
		.catalogues = s->catalogues,
		.catalogue_entries = s->newest_entries,
		.memory = s->cap * sizeof(*s->items) + s->text +
	                  (s->newest != NULL ? s->newest->index_count * sizeof(uint32_t) : 0),
	};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_STOCK_H
#define DCC_STOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "manifest.h"
#include "parcels.h"
#include "resolver.h"

/*
 * Every piece that a job needed, one item for each version of it, and the catalogue: the list of
 * those that recur, to which a manifest can refer by number.
 */
struct stock;

struct stock_item {
	struct manifest_entry entry;
	char *text;                  /* both strings of entry; live as long as the stock */
	uint32_t parcel;             /* number of a FILE's blob */
	uint32_t uses;               /* jobs that had it as a header */
	uint64_t last_job;           /* number of the last one */
};

struct catalogue {
	unsigned refs;
	uint32_t parcel;     /* number of its blob */
	uint32_t *index_of;  /* by item; STOCK_NO_INDEX: not in it */
	size_t index_count;  /* items that index_of knows */
};
#define STOCK_NO_INDEX UINT32_MAX

/* p is borrowed. */
struct stock *
stock_new(struct parcels *p);
void
stock_free(struct stock *s);
/* The number of the item that a piece is now. */
uint32_t
stock_find(struct stock *s, struct piece *piece);
/* Borrowed until the next stock_find. */
const struct stock_item *
stock_item(const struct stock *s, uint32_t number);
/* A new job begins; then each of its items is used once, as the main source or as a header. */
void
stock_begin_job(struct stock *s);
enum stock_role { STOCK_HEADER, STOCK_MAIN };
void
stock_use(struct stock *s, uint32_t number, enum stock_role role);

/* The newest, or NULL; stay alive while referenced. */
struct catalogue *
stock_catalogue(const struct stock *s);
struct catalogue *
catalogue_ref(struct catalogue *c);
void
catalogue_unref(struct stock *s, struct catalogue *c);
uint32_t
catalogue_index(const struct catalogue *c, uint32_t item);
/*
 * A manifest spelled out this item. When what was spent so on items that recur exceeds what it
 * costs to send a catalogue to that many hosts, there is a new one.
 */
void
stock_spend(struct stock *s, uint32_t number);
void
stock_consider_catalogue(struct stock *s, size_t hosts);

struct stock_counts {
	uint64_t items, catalogues, catalogue_entries, memory;
};
void
stock_count(const struct stock *s, struct stock_counts *c);

#endif

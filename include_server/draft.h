/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DRAFT_H
#define DCC_DRAFT_H

#include <stddef.h>
#include <stdint.h>

#include "manifest.h"
#include "stock.h"

/* The entries of one manifest: items of the stock, by number of the catalogue or spelled out. */
struct draft {
	uint32_t *indexes;              /* rising */
	size_t index_count;
	struct manifest_entry *entries; /* sorted by path; strings borrowed from the stock */
	uint32_t *spelled;              /* the items of entries */
	size_t entry_count;
	uint32_t *files;                /* blobs as Want counts: the catalogue, indexes, entries; DRAFT_NO_FILE: a link or folder */
	size_t file_count;
};
#define DRAFT_NO_FILE UINT32_MAX

/* c may be NULL. */
void
draft_make(struct draft *d, const struct stock *s, const struct catalogue *c, const uint32_t *items,
           size_t count);
void
draft_release(struct draft *d);

#endif

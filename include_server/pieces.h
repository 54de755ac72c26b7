/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PIECES_H
#define DCC_PIECES_H

#include <stddef.h>
#include <stdint.h>

#include "manifest.h"

struct entry;
struct file;

/* What has to be shown to a job so that it finds one path: a link, an (empty) folder, a file. Unique by path. */
struct piece {
	struct manifest_entry entry; /* its strings are the piece's own */
	char *path;
	char *target;
	uint32_t catalogue_index;    /* the shipping's; PIECE_NOT_IN_CATALOGUE at first and after each change */
	uint64_t scan;               /* number of the last scan that used it: whoever collects sees what it has already */
	const struct file *file;     /* FILE: whose version it describes */
	uint64_t version;
};
#define PIECE_NOT_IN_CATALOGUE UINT32_MAX

/* Those that one scan uses, each once. */
struct pieces;

struct pieces *
pieces_new(void);
void
pieces_free(struct pieces *p);
/* Forgets those of the scan before. */
void
pieces_begin(struct pieces *p, uint64_t scan);
/* A link or a folder, as it is now. */
void
pieces_use(struct pieces *p, struct entry *e);
void
pieces_use_file(struct pieces *p, const struct file *file);
/* Borrowed until the next call of this module. */
void
pieces_get(const struct pieces *p, struct piece *const **pieces, size_t *count);

#endif

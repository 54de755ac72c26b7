/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "folders.h"
#include "pieces.h"
#include "xalloc.h"

struct list {
	struct piece **items;
	size_t count;
	size_t cap;
};

struct pieces {
	struct list all;
	struct list used;
	uint64_t scan;
};

struct pieces *
pieces_new(void)
{
	return xcalloc(1, sizeof(struct pieces));
}

void
pieces_free(struct pieces *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->all.count; i++) {
		free(p->all.items[i]->path);
		free(p->all.items[i]->target);
		free(p->all.items[i]);
	}
	free(p->all.items);
	free(p->used.items);
	free(p);
}

void
pieces_begin(struct pieces *p, uint64_t scan)
{
	p->used.count = 0;
	p->scan = scan;
}

static void
list_add(struct list *l, struct piece *piece)
{
	if (l->count == l->cap) {
		l->cap = l->cap != 0 ? 2 * l->cap : 64;
		l->items = xrealloc(l->items, l->cap * sizeof(struct piece *));
	}
	l->items[l->count++] = piece;
}

static enum manifest_type
type_of(const struct entry *e)
{
	if (e->kind == ENTRY_LINK)
		return MANIFEST_LINK;
	return e->kind == ENTRY_FOLDER ? MANIFEST_DIRECTORY : MANIFEST_FILE;
}

/* The entry's piece, of the right type and text; a change makes it a new thing for the shipping. */
static struct piece *
piece_of(struct pieces *p, struct entry *e)
{
	enum manifest_type type = type_of(e);
	const char *target = type == MANIFEST_LINK ? e->target : "";
	struct piece *piece = e->piece;

	if (piece == NULL) {
		piece = xcalloc(1, sizeof(*piece));
		piece->path = entry_path(e);
		e->piece = piece;
		list_add(&p->all, piece);
	} else if (piece->entry.type == type && strcmp(piece->target, target) == 0) {
		return piece;
	}
	free(piece->target);
	piece->target = xstrdup(target);
	piece->entry = (struct manifest_entry){.type = type, .path = piece->path, .target = piece->target};
	piece->catalogue_index = PIECE_NOT_IN_CATALOGUE;
	piece->file = NULL;
	return piece;
}

static void
use(struct pieces *p, struct piece *piece)
{
	if (piece->scan == p->scan)
		return;
	piece->scan = p->scan;
	list_add(&p->used, piece);
}

void
pieces_use(struct pieces *p, struct entry *e)
{
	/* The root is everywhere. */
	if (e->in != NULL)
		use(p, piece_of(p, e));
}

static void
describe(struct piece *piece, const struct file *file)
{
	struct manifest_entry *to = &piece->entry;

	if (piece->file == NULL || memcmp(to->digest, file->digest, sizeof(to->digest)) != 0 ||
	    to->size != file->size || to->mtime_ns != file->modified_ns) {
		memcpy(to->digest, file->digest, sizeof(to->digest));
		to->size = file->size;
		to->mtime_ns = file->modified_ns;
		piece->catalogue_index = PIECE_NOT_IN_CATALOGUE;
	}
	piece->file = file;
	piece->version = file->version;
}

void
pieces_use_file(struct pieces *p, const struct file *file)
{
	struct piece *piece = piece_of(p, file->entry);

	if (piece->file != file || piece->version != file->version)
		describe(piece, file);
	use(p, piece);
}

void
pieces_get(const struct pieces *p, struct piece *const **pieces, size_t *count)
{
	*pieces = p->used.items;
	*count = p->used.count;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOOKUP_H
#define DCC_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "expander.h"
#include "folders.h"
#include "pieces.h"
#include "resolver.h"
#include "walk.h"

/* The search itself: a name, and where it begins -> a file and its spelling; remembered with what it depended on. */
struct lookup;
struct scope;

/* A folder as a compiler spells it, and where that leads from a scope's cwd. */
struct place;

/* Where a found file's name came from, other than the number of a search folder. */
enum { PLACE_NONE = -1 /* absolute, or the main file */, PLACE_CURRENT = -2 /* the including file's folder */ };

struct found {
	struct source source;
	struct entry *entry;     /* of kind ENTRY_FILE */
	char *name;
	int place;               /* number of the search folder, or PLACE_... */
	uint64_t scan;           /* in which the rest was brought up to date */
	const struct file *file;
};

struct start {
	struct place *first;     /* searched before the search folders, or NULL */
	int first_number;        /* place of what is found there */
	bool is_first_system;
	size_t index;            /* of the search folder to begin with */
};

struct lookup *
lookup_new(struct folders *folders, struct pieces *pieces);
void
lookup_free(struct lookup *l);
/* The scope of a search list, a cwd and a compiler; the same one for the same. cwd is ERR_MISSING, ERR_DENIED. */
enum err
lookup_scope(struct lookup *l, const struct resolver_scan *scan, struct scope **scope);
/*
 * gcc: is what is found in the folder of an including file a system header? The first to include from a
 * folder of that name in a translation unit decides it for all.
 */
bool
lookup_is_place_system(struct lookup *l, struct place *place, bool is_first_system);
/* text ends in '/', or is "" for the cwd: a name is appended as it stands. Lives as long as the scope. */
struct place *
lookup_place(struct scope *scope, const char *text);
/* Uses the pieces on the way. ERR_MISSING, ERR_DENIED. */
enum err
lookup_find(struct lookup *l, struct scope *scope, const struct start *start, const char *name, struct found **found);
/* Uses the pieces of a folder that has to exist. Same failures. */
enum err
lookup_use_folder(struct lookup *l, struct scope *scope, const char *path);
/* Searches that were answered from memory. */
uint64_t
lookup_hits(const struct lookup *l);

#endif

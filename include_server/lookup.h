/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOOKUP_H
#define DCC_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "expander.h"
#include "folders.h"
#include "naming.h"
#include "pieces.h"
#include "scope.h"

/* The search itself: a name, and where it begins -> a file and its spelling; remembered with what it depended on. */
struct lookup;

/* Where a found file's name came from, other than the number of a search folder. */
enum { PLACE_NONE = -1 /* absolute, or the main file */, PLACE_CURRENT = -2 /* the including file's folder */ };

struct found {
	struct source source;
	struct entry *entry;     /* of kind ENTRY_FILE */
	char *name;
	bool is_of_system;       /* by the place; source.is_system can change with clang */
	int place;               /* number of the search folder, or PLACE_... */
	enum { FOUND_IN_LIST, FOUND_FIRST } where; /* FIRST: in the first place of the start, whatever its number */
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
lookup_new(struct folders *folders, struct pieces *pieces, struct naming *naming);
void
lookup_free(struct lookup *l);
/* For a new scan: its scope, the same one for the same; uses the cwd's pieces. The cwd is ERR_MISSING, ERR_DENIED. */
enum err
lookup_begin(struct lookup *l, const struct resolver_scan *scan, struct scope **scope);
/* Uses the pieces on the way to the file, not its own. ERR_MISSING, ERR_DENIED. */
enum err
lookup_find(struct lookup *l, struct scope *scope, const struct start *start, const char *name, struct found **found);
/* Uses the pieces of a folder that has to exist. Same failures. */
enum err
lookup_use_folder(struct lookup *l, struct scope *scope, const char *path);

struct lookup_counts {
	uint64_t memos, hits;
};
void
lookup_count(const struct lookup *l, struct lookup_counts *c);

#endif

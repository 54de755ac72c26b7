/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LOOKUP_H
#define DCC_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "folders.h"
#include "naming.h"
#include "pieces.h"
#include "place.h"
#include "probe.h"
#include "resolver.h"
#include "table.h"

/* The search itself: a name, and where it begins -> a file and its spelling. */
struct lookup;

/* What the meaning of a name depends on besides the name: search list, compiler, and the cwd of relative paths. */
struct scope {
	const struct search *search;
	enum args_compiler compiler;
	unsigned rules;
	enum place_naming naming;
	struct folder *cwd;
	struct found_as *as;      /* what a file in each folder of the search list is found as */
	struct place **folders;   /* of the search list */
	struct table memos;
	uint64_t used;            /* last scan of it */
};

struct start {
	struct place *first;      /* searched before the search folders, or NULL */
	struct found_as first_as; /* what is found there is found as this */
	size_t index;             /* of the search folder to begin with */
};

struct lookup *
lookup_new(struct folders *folders, struct pieces *pieces, struct naming *naming);
void
lookup_free(struct lookup *l);
/* For a new scan: its scope, the same one for the same; uses the cwd's pieces. The cwd is ERR_MISSING, ERR_DENIED. */
enum err
lookup_begin(struct lookup *l, const struct resolver_scan *scan, struct scope **scope);
/* A place that begins at the scope's cwd; text as in struct place. */
struct place *
lookup_place(struct lookup *l, struct scope *scope, const char *text);
/* Index in the search list of the folder where something was found: ERR_MISSING when it is not in this list. */
enum err
scope_index(const struct scope *scope, const struct found_as *as, size_t *index);
/* Does gcc take the shorter spelling for what it finds in system folders? */
bool
scope_shortens(const struct scope *scope, bool is_system);
/* Uses the pieces on the way to the file, not its own. ERR_MISSING, ERR_DENIED. */
enum err
lookup_find(struct lookup *l, struct scope *scope, const struct start *start, const char *name, struct found **found);
/* Uses the pieces of a folder that has to exist. Same failures. */
enum err
lookup_use_folder(struct lookup *l, struct scope *scope, const char *path);

struct lookup_counts {
	uint64_t probes, memos, hits;
};
void
lookup_count(const struct lookup *l, struct lookup_counts *c);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PROBE_H
#define DCC_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "err.h"
#include "expander.h"
#include "naming.h"
#include "pieces.h"
#include "place.h"

/* One name in one place: there or not, remembered with all that decided it. */
struct probes;

/* A name as directives have it, once for all places. */
struct name {
	uint64_t hash;
	size_t len;
	char text[];
};

struct probe {
	struct place *place;
	const struct name *name;
	enum err result;          /* OK, ERR_MISSING */
	struct entry *hit;        /* OK: of kind ENTRY_FILE */
	struct found *founds;     /* all that it was ever found as */
	struct folder *seen;      /* the folder that clang names on the way, or NULL */
	char *seen_name;
	uint64_t time;
	uint64_t scan;            /* in which it was found to hold */
	uint64_t filled;          /* scan in which the disk was asked */
	uint64_t doubts;          /* as long as there are no more, it holds; 0: its entries have to be asked */
	size_t depend_count;
	size_t shown_count;
	struct entry **entries;   /* depend_count, then shown_count */
};

/* What a file is found as: the same file found in two ways has two names, and #include_next goes two ways. */
enum found_where { FOUND_IN_LIST, FOUND_BESIDE, FOUND_BY_NAME };

struct found_as {
	enum found_where where;
	const struct place *folder; /* of the search list: for #include_next; NULL: none */
	unsigned repeat;            /* how often that folder stands in the list before this one */
	bool is_system;
	bool is_shortened;          /* spelled by its physical path, should that be shorter */
};

bool
found_as_is_same(const struct found_as *a, const struct found_as *b);

struct found {
	struct source source;
	struct entry *entry;
	struct found_as as;
	char *name;
	struct place *beside;       /* of its own quotes, once they were asked for; else NULL */
	uint64_t scan;              /* in which the rest was brought up to date */
	uint64_t stamp;             /* as long as it is the same, the rest holds; 0: ask */
	enum args_compiler compiler; /* whose rule source.once_key follows */
	unsigned mode;              /* of source.program */
	const struct file *file;
	struct found *next;
};

struct probes *
probes_new(struct folders *folders, struct places *places, struct pieces *pieces, struct naming *naming);
void
probes_free(struct probes *p);
const struct name *
probes_name(struct probes *p, const char *text);
/* True in this scan. ERR_DENIED: cannot be known; else OK, see its result. */
enum err
probes_find(struct probes *p, struct place *place, const struct name *name, struct probe **probe);
/* The search went through it: clang has named its folder, and what shows the way to its hit is used. */
void
probes_use(struct probes *p, struct probe *probe);
/* A probe's hit; lives as long as the whole. */
struct found *
probe_found(struct probe *probe, const struct found_as *as);
size_t
probes_count(const struct probes *p);

#endif

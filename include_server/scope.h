/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SCOPE_H
#define DCC_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "folders.h"
#include "resolver.h"
#include "table.h"
#include "walk.h"

/* What the meaning of an include name depends on besides the name: search list, compiler, and the cwd of relative paths. */

/* A folder as a compiler spells it, and where that leads. */
struct place {
	char *text;        /* ends in '/', or is "" for the cwd: a name is appended as it stands */
	struct ways ways;
	struct entry *end; /* a folder's, if result is OK */
	enum err result;   /* of the way: OK, ERR_MISSING, ERR_DENIED */
	uint64_t time;     /* of the same */
	bool is_known;
	bool is_system;    /* gcc: as scope_is_place_system says */
	uint64_t scan;     /* to which that belongs */
};

struct scope {
	const struct search *search;
	enum args_compiler compiler;
	unsigned rules;
	char *cwd;
	struct folder *folder;   /* of the cwd */
	struct place **folders;  /* of the search list */
	struct table places;
	struct table founds;     /* lookup's, as the next */
	struct table memos;
	uint64_t used;           /* last scan of it */
	struct scope *next;
};

struct scope *
scope_new(const struct resolver_scan *scan, struct folder *folder);
/* The tables of lookup are empty by now. */
void
scope_free(struct scope *s);
bool
scope_is_of(const struct scope *s, const struct resolver_scan *scan, const struct folder *folder);
/* Lives as long as the scope; text as in struct place. */
struct place *
scope_place(struct scope *s, const char *text);
/* The place of a folder's path, with the slash that it may lack. */
struct place *
scope_place_of_folder(struct scope *s, const char *path);
/* Brings the place's way up to date for this scan. */
void
scope_go(struct scope *s, struct folders *f, struct place *place);
/*
 * gcc: is what is found in the folder of an including file a system header? The first to include from a
 * folder of that name in a translation unit decides it for all.
 */
bool
scope_is_place_system(struct place *place, uint64_t scan, bool is_first_system);
/* Clang up to 16: folders are named by what they are, not by the text of the path. */
bool
scope_names_by_folder(const struct scope *s);

#endif

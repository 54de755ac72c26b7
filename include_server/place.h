/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PLACE_H
#define DCC_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "folders.h"
#include "walk.h"

/* Folders as compilers spell them: where a name is looked up. Shared by all search lists of all commands. */
struct places;

/* Does the compiler name folders by the text of their paths, or as naming says? */
enum place_naming { PLACE_BY_TEXT, PLACE_BY_FOLDER };

struct place {
	char *text;            /* ends in '/', or is "" for where it begins: a name is appended as it stands */
	struct folder *from;   /* where a relative text begins; the root for an absolute one */
	enum place_naming naming;
	/* For places_go: */
	struct ways ways;
	struct entry *end;     /* a folder's, if result is OK */
	enum err result;       /* of the way: OK, ERR_MISSING, ERR_DENIED */
	uint64_t time;
	enum { PLACE_UNKNOWN, PLACE_KNOWN } state;
	/* For place_is_system: */
	bool is_system;
	uint64_t scan;
};

struct places *
places_new(struct folders *folders);
void
places_free(struct places *p);
/* Lives as long as the whole. text as in struct place. */
struct place *
places_find(struct places *p, struct folder *from, const char *text, enum place_naming naming);
/* The place of a folder's path, with the slash that it may lack. */
struct place *
places_find_folder(struct places *p, struct folder *from, const char *path, enum place_naming naming);
/* Brings the place's way up to date for this scan. */
void
places_go(struct places *p, struct place *place);
/*
 * gcc: is what is found in the folder of an including file a system header? The first to include from a
 * folder of that name in a translation unit decides it for all.
 */
bool
place_is_system(struct place *place, uint64_t scan, bool is_first_system);

#endif

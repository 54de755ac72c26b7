/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_RESOLVER_H
#define DCC_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "err.h"
#include "expander.h"
#include "pieces.h"

/*
 * Include name and search list -> file; contents, programs and folders cached for as long as the disk
 * says the same: inotify where the file system reports every change, stat(2) everywhere else.
 */
struct resolver;
struct watch;

struct search_folder {
	char *path;     /* as the compiler spells it, relative to cwd or absolute */
	bool is_system;
};

/* The search list of a set of options. Owned by the oracle; lives and stays the same as long as the resolver. */
struct search {
	struct search_folder *folders;
	size_t count;
	size_t bracket;               /* index of the first folder for <...>; those before are for "..." alone */
	const char *const *named;     /* clang up to 16: all folders that the command names, searched or not: -I, -idirafter, -iquote, -isystem */
	size_t named_count;
	uint64_t number;              /* unique: the key of what the resolver remembers about it */
};

enum resolver_rules {
	RESOLVER_KEEP_SPELLING = 1 << 0, /* gcc -fno-canonical-system-headers */
	RESOLVER_NAMES_BY_TEXT = 1 << 1  /* clang since 17: the folder of a file is the text before its last slash */
};

struct resolver_scan {
	const char *cwd;              /* absolute, as $PWD spells it */
	const struct search *search;
	unsigned mode;                /* enum program_mode */
	enum args_compiler compiler;  /* whose rules */
	unsigned rules;               /* enum resolver_rules */
};

struct resolver *
resolver_new(struct symbols *symbols);
void
resolver_free(struct resolver *r);
/* Begins the scan of a translation unit: from here on every answer is true at this time or later. Ends the one before. */
void
resolver_begin(struct resolver *r, const struct resolver_scan *scan);
/* The main file, by its name on the command line. ERR_MISSING, ERR_DENIED as struct expander_world says. */
enum err
resolver_main(struct resolver *r, const char *name, const struct source **found);
/* Any other file that is read, by its name: ERR_DENIED also when it is no file. */
enum err
resolver_use_file(struct resolver *r, const char *name);
/* The main file's piece, once it was found. */
const struct piece *
resolver_main_piece(const struct resolver *r);
enum err
resolver_find(struct resolver *r, const struct find *f, const struct source **found);

/*
 * All that the scan has used so far, each once: files found, links and folders on the way to them, and
 * what resolver_use_folder was asked for. Borrowed until the next call of this module.
 */
void
resolver_pieces(struct resolver *r, struct piece *const **pieces, size_t *count);
/* A folder that has to exist for the job, with the links on the way: cwd, a search folder. ERR_MISSING when it does not. */
enum err
resolver_use_folder(struct resolver *r, const char *path);
/* The bytes of a FILE piece as they were when its digest was taken; yours. ERR_MISSING: they changed since. */
enum err
resolver_read_piece(struct resolver *r, const struct piece *p, char **data, size_t *len);
/*
 * Has no change been reported since resolver_begin? Asked when the answer is complete, so that it describes
 * one state of the disk.
 */
bool
resolver_is_current(struct resolver *r);

/*
 * Reads now what inotify reports. Ends no scan, but what the scan has found may be out of date: resolver_is_current.
 * resolver_begin does it too, so nobody has to wait for reports: a queue that overflows meanwhile costs the next scans
 * one stat(2) per file and folder.
 */
void
resolver_hear(struct resolver *r);
/* Names known of the disk beyond which everything is forgotten, and bytes of programs beyond which some are dropped. */
struct resolver_limits {
	size_t names, programs;
};
/* For tests: which folders are watched; other limits than those for everybody. */
struct watch *
resolver_watch(const struct resolver *r);
void
resolver_limit(struct resolver *r, const struct resolver_limits *limits);

struct resolver_counts {
	uint64_t files, folders, watches, programs, bytes, memory, finds, memo_hits, stats, reads;
};
void
resolver_count(const struct resolver *r, struct resolver_counts *c);

#endif

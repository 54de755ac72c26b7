/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_FOLDERS_H
#define DCC_FOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What is known of the disk, by physical path: a tree of folders, each with the names that were ever
 * looked up in it, absent ones too. Nodes live as long as the whole.
 */
struct folders;
struct folder;
struct file;
struct piece;
struct watch;

enum entry_kind { ENTRY_UNKNOWN, ENTRY_ABSENT, ENTRY_FILE, ENTRY_LINK, ENTRY_FOLDER, ENTRY_OTHER };

/* One name in one folder. */
struct entry {
	struct folder *in;      /* NULL: the root */
	struct folder *folder;  /* what it is or was when it was a folder, or NULL */
	char *target;           /* LINK: its text, else NULL */
	struct file *file;      /* files' */
	struct piece *piece;    /* pieces' */
	uint64_t changed;       /* time at which it became what it is */
	uint64_t touched;       /* time since which its bytes may be others */
	uint64_t epoch;         /* of the folder, when the kind was found out; another one: it has to be again */
	enum entry_kind kind;
	char name[];
};

struct folders *
folders_new(void);
void
folders_free(struct folders *f);
/* Begins a scan: every answer from here on is true at this time or later. */
void
folders_begin(struct folders *f);
/* Counts the scans, from 1. */
uint64_t
folders_scan(const struct folders *f);
/* Counts the changes that were noticed. */
uint64_t
folders_time(const struct folders *f);

struct folder *
folders_root(const struct folders *f);
/* The entry as it is now, with its kind, absent or not. ERR_MISSING: the folder itself is gone. ERR_DENIED: cannot be known. */
enum err
folders_look(struct folders *f, struct folder *in, const char *name, size_t len, struct entry **found);
/* Is the entry still what it was at that time? */
bool
folders_has_stayed(struct folders *f, struct entry *e, uint64_t time);
/*
 * As long as this number, never 0, is the same, entries that are sure (of which every change is reported) have stayed: so
 * that whoever depends on many need not ask for each.
 */
uint64_t
folders_doubts(const struct folders *f);
bool
folders_is_sure(const struct folders *f, const struct entry *e);
/* The same for bytes: as long as this number, never 0, is the same, those of reported entries are. */
uint64_t
folders_reports(const struct folders *f);
/* Time since when every change of the entry's bytes is reported, the last one included. UINT64_MAX: only stat(2) tells. */
uint64_t
folders_reported_since(const struct folders *f, const struct entry *e);
/* Does the entry lie on a file system that others may write to, so that only open(2) asks for the truth? */
bool
folders_is_shared(const struct entry *e);
/* Has no change been reported since the scan began? */
bool
folders_is_current(struct folders *f);
/* Reads the reports, as folders_begin does. */
void
folders_hear(struct folders *f);
struct watch *
folders_watch(const struct folders *f);

struct folder *
folder_parent(const struct folder *folder);
/* The folder's own entry in its parent. */
struct entry *
folder_entry(const struct folder *folder);
/* The absolute, physical path; borrowed. */
const char *
folder_path(const struct folder *folder);
/* The same of an entry; yours. */
char *
entry_path(const struct entry *e);

struct folders_counts {
	uint64_t folders, entries, watches, stats;
};
void
folders_count(const struct folders *f, struct folders_counts *c);

#endif

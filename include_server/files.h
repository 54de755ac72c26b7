/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_FILES_H
#define DCC_FILES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"
#include "folders.h"
#include "hash.h"
#include "program.h"

/* Contents of regular files: read once, named by their SHA-256, reduced to programs once per language. */
struct files;

/* One path's file, as long as the disk says the same. Nodes live as long as the whole. */
struct file {
	struct entry *entry;
	struct content *content;           /* NULL: digest is not known */
	unsigned char digest[HASH_SIZE];
	dev_t device;
	ino_t inode;
	nlink_t links;
	uint64_t size;
	int64_t modified_ns;
	int64_t changed_ns;
	uint64_t version;                  /* counts the changes of what stands above */
	uint64_t checked;                  /* scan in which it was found to be as described */
	uint64_t verified;                 /* time of the same */
	enum { FILE_YOUNG, FILE_SETTLED } age; /* YOUNG: may have changed again within the same tick of the clock */
};

/* Files beyond this are not modelled: ERR_DENIED. */
#define FILES_SIZE_MAX ((size_t)64 << 20)

struct files *
files_new(struct folders *folders, struct symbols *symbols);
void
files_free(struct files *f);
/* The file of an entry of kind ENTRY_FILE, as it is in this scan. ERR_MISSING: it just went; ERR_DENIED: it cannot be read. */
enum err
files_find(struct files *f, struct entry *e, struct file **found);
/*
 * As long as this number, never 0, is the same, a file of which files_is_reported is true has not changed, and its
 * programs are where they were.
 */
uint64_t
files_stamp(const struct files *f);
bool
files_is_reported(const struct files *f, const struct file *file);
/* Asks the disk once more, whatever is known: for a source that is being edited. */
enum err
files_find_surely(struct files *f, struct entry *e, struct file **found);
/* Its program in this mode; valid until the next scan begins. Same failures. */
enum files_role { FILES_MAIN, FILES_HEADER };
struct files_wish {
	unsigned mode;
	enum files_role role;
};
enum err
files_program(struct files *f, struct file *file, struct files_wish wish, const struct program **program);
/* The bytes of this digest at path; yours. ERR_MISSING: there are others. */
enum err
files_read(struct files *f, const char *path, const unsigned char wanted[HASH_SIZE], char **data, size_t *len);
/* The next two are for the time between two scans. Drops a main file's program, unless others have asked for it. */
void
files_drop_program(struct files *f, struct file *file);
/* Drops the bytes read last, and programs that went unused for long until the rest is below limit bytes. */
void
files_trim(struct files *f, size_t limit);

struct files_counts {
	uint64_t files, programs, bytes, memory, stats, reads;
};
void
files_count(const struct files *f, struct files_counts *c);

#endif

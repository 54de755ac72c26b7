/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_MANIFEST_H
#define DCC_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "strv.h"

/*
 * What one pump-mode job may see of the client's files: nothing else exists there. Layout, put, get,
 * limits; pure. The include server writes it, the client passes it on unread, the volunteer reads it.
 *
 * Most jobs see mostly the same files, so entries that recur are gathered in a catalogue, an
 * ordinary blob of the volunteer's store, and a manifest names them by their place in it.
 */
#define MANIFEST_DIGEST_SIZE 32u
#define MANIFEST_CLIENT_SIZE 16u
#define MANIFEST_ENTRIES_MAX 65536u         /* of one manifest, and of one catalogue */
#define MANIFEST_RAW_MAX ((size_t)16 << 20) /* bytes of a manifest or catalogue before compression */

enum manifest_type { MANIFEST_FILE = 1, MANIFEST_LINK = 2, MANIFEST_DIRECTORY = 3 };

/* Strings are borrowed from the bytes an entry was read from, or from whoever made it. */
struct manifest_entry {
	enum manifest_type type;
	const char *path;                           /* absolute, normalised; no component of it is a link */
	const char *target;                         /* LINK: its text; else "" */
	unsigned char digest[MANIFEST_DIGEST_SIZE]; /* FILE: SHA-256 of the bytes */
	uint64_t size;                              /* FILE */
	int64_t mtime_ns;                           /* FILE: since the epoch. No mode: every reader may read, nobody may run it */
};

struct manifest {
	unsigned char client[MANIFEST_CLIENT_SIZE];        /* secret name of the client's part of the store */
	unsigned char expected[MANIFEST_DIGEST_SIZE];      /* deps_digest of every file the compiler will read */
	unsigned char expected_user[MANIFEST_DIGEST_SIZE]; /* the same without system headers, for -MMD */
	bool has_catalogue;
	unsigned char catalogue[MANIFEST_DIGEST_SIZE];     /* SHA-256 of its bytes */
	uint64_t catalogue_size;
	uint32_t *indexes;                                 /* of the catalogue's entries, rising */
	size_t index_count;
	struct manifest_entry *entries;                    /* others, sorted by path */
	size_t entry_count;
	struct strv hidden;                                /* folders of which only the entries may be seen: search folders */
};

/*
 * The files of a manifest have numbers, for Want and for blobs: 0 is the catalogue, then come the
 * entries named by index, in order, then the others.
 */

/* put appends; get's arrays and strv are yours (manifest_release), its strings borrow from bytes. ERR_PROTOCOL, ERR_LIMIT. */
void
manifest_put(struct buffer *b, const struct manifest *m);
enum err
manifest_get(const void *bytes, size_t len, struct manifest *m);
void
manifest_release(struct manifest *m);

/* A catalogue is a list of entries. entries is yours (free), its strings borrow from bytes. ERR_PROTOCOL, ERR_LIMIT. */
void
manifest_put_catalogue(struct buffer *b, const struct manifest_entry *entries, size_t count);
enum err
manifest_get_catalogue(const void *bytes, size_t len, struct manifest_entry **entries, size_t *count);

#endif

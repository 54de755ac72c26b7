/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_STORE_H
#define DCC_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "hash.h"
#include "manifest.h"

/*
 * The files of one client, kept from job to job: found by the digest of their bytes, by nobody who does not know
 * the client's secret. Many processes use it at once; one that dies leaves nothing that looks like a blob.
 */
struct store;

/* store_dir: --store-dir; limit: bytes that all clients' blobs may take. ERR_SYSTEM is logged. */
enum err
store_open(const char *store_dir, int64_t limit, const unsigned char client[MANIFEST_CLIENT_SIZE],
           struct store **s);
/* Counts what was put, and throws out the least recently used where that is too much. */
void
store_close(struct store *s);

/* A blob on its way in. Starts as STORE_UPLOAD_INIT. */
struct store_upload {
	struct store *store;
	int fd;
	struct hash *hash;
	uint64_t size;
	char name[48]; /* "": it needs none until it is complete */
};

#define STORE_UPLOAD_INIT {.fd = -1}

/* ERR_SYSTEM with errno; logs nothing. */
enum err
store_begin(struct store *s, struct store_upload *u);
enum err
store_add(struct store_upload *u, const void *data, size_t len);
/* All bytes came: under this digest they can be found from now on. ERR_PROTOCOL: they have another. Ends u. */
enum err
store_commit(struct store_upload *u, const unsigned char digest[HASH_SIZE]);
/* Forgets what came; safe on one that never began, or has ended. */
void
store_abort(struct store_upload *u);

/* What is looked for. Two files of one job that are alike differ in nth, and so in their inodes. */
struct store_file {
	const unsigned char *digest;
	uint64_t size;
	int64_t mtime_ns;
	uint32_t nth;
};

/*
 * A hard link to the file, read-only, with this mtime, as name in folder. ERR_MISSING: the store has no such bytes
 * (any more), or has them damaged. ERR_SYSTEM with errno.
 */
enum err
store_link(struct store *s, const struct store_file *f, int folder, const char *name);
/* Does st, of a file that was linked, still look as it did? */
int
store_is_intact(const struct store_file *f, int64_t size, int64_t mtime_ns);
/* The bytes themselves, yours. ERR_MISSING, ERR_SYSTEM with errno. */
enum err
store_load(struct store *s, const unsigned char digest[HASH_SIZE], size_t size, char **data);

/* The client's folder, for what else is kept of it, and its absolute name; borrowed. */
int
store_folder(const struct store *s);
const char *
store_path(const struct store *s);
/* Changes when nothing that was kept can be trusted without a look at its bytes. */
uint64_t
store_epoch(const struct store *s);

#endif

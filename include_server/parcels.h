/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PARCELS_H
#define DCC_PARCELS_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "hash.h"

/* Blobs by digest, and their bytes as they travel: the frames File, Data..., End of dcc-protocol(5). */
struct parcels;

struct parcels *
parcels_new(void);
void
parcels_free(struct parcels *p);
/*
 * The number of the blob with this digest; numbers count up from 0. path, where the bytes can be read, is borrowed for
 * the life of p; the one named last counts.
 */
uint32_t
parcels_find(struct parcels *p, const unsigned char digest[HASH_SIZE], const char *path, uint64_t size);
/* A blob of our own: takes the buffer, which is kept until parcels_forget was called as often as this. */
uint32_t
parcels_keep(struct parcels *p, struct buffer *bytes);
void
parcels_forget(struct parcels *p, uint32_t number);
const unsigned char *
parcels_digest(const struct parcels *p, uint32_t number);
uint64_t
parcels_size(const struct parcels *p, uint32_t number);
size_t
parcels_count(const struct parcels *p);
/* Bytes of memory that it holds. */
size_t
parcels_memory(const struct parcels *p);

/* Keep what was compressed for the next host, or not (a main source)? */
enum parcels_cache { PARCELS_CACHE, PARCELS_PASS };
#define PARCELS_FILE_MAX ((size_t)64 << 20) /* a larger file does not travel */
/*
 * Appends the frames. The bytes are hashed again: ERR_MISSING (out unchanged) when they are not those
 * of the digest any more. alive is called now and then.
 */
struct parcels_alive {
	void (*call)(void *context); /* may be NULL */
	void *context;
};
enum err
parcels_put(struct parcels *p, uint32_t number, enum parcels_cache cache, const struct parcels_alive *alive,
            struct buffer *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A header goes to every volunteer once, so what was compressed is kept for the next one, within a
 * bound; the oldest goes first. The digest finds a blob through an open hash table, whose key it already is.
 */
#include <stdlib.h>
#include <string.h>

#include "compress.h"
#include "io.h"
#include "log.h"
#include "parcels.h"
#include "wire.h"
#include "xalloc.h"

/* Compressed bytes that are kept. */
#define CACHE_MAX ((size_t)24 << 20)
/* Bytes between two signs of life. */
#define STEP ((size_t)1 << 20)
#define TABLE_MIN 1024u

struct parcel {
	unsigned char digest[HASH_SIZE];
	uint64_t size;
	const char *path;     /* borrowed; NULL: bytes were kept, or are forgotten */
	struct buffer bytes;  /* kept */
	unsigned keepers;     /* of bytes */
	struct buffer frames; /* cached */
	uint32_t younger;     /* next in the order of caching; UINT32_MAX none */
};

struct parcels {
	struct parcel *list;
	size_t count, cap;
	uint32_t *table;      /* number + 1; 0: free */
	size_t table_size;    /* a power of two */
	size_t cached, kept;  /* bytes */
	uint32_t oldest, youngest; /* cached ones; UINT32_MAX none */
	struct compressor *compressor;
};

struct parcels *
parcels_new(void)
{
	struct parcels *p = xcalloc(1, sizeof(*p));

	p->table_size = TABLE_MIN;
	p->table = xcalloc(p->table_size, sizeof(*p->table));
	p->oldest = p->youngest = UINT32_MAX;
	p->compressor = compressor_new();
	return p;
}

void
parcels_free(struct parcels *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->count; i++) {
		buffer_release(&p->list[i].bytes);
		buffer_release(&p->list[i].frames);
	}
	free(p->list);
	free(p->table);
	compressor_free(p->compressor);
	free(p);
}

/* The slot of the table that has the digest, or where it belongs. */
static uint32_t *
slot_of(const struct parcels *p, const unsigned char digest[HASH_SIZE])
{
	uint64_t key;

	memcpy(&key, digest, sizeof(key));
	for (size_t i = (size_t)key & (p->table_size - 1);; i = (i + 1) & (p->table_size - 1)) {
		uint32_t *slot = &p->table[i];

		if (*slot == 0 || memcmp(p->list[*slot - 1].digest, digest, HASH_SIZE) == 0)
			return slot;
	}
}

static void
grow_table(struct parcels *p)
{
	free(p->table);
	p->table_size *= 2;
	p->table = xcalloc(p->table_size, sizeof(*p->table));
	for (uint32_t i = 0; i < p->count; i++)
		*slot_of(p, p->list[i].digest) = i + 1;
}

static uint32_t
add(struct parcels *p, const unsigned char digest[HASH_SIZE], uint64_t size)
{
	if (2 * (p->count + 1) > p->table_size)
		grow_table(p);
	if (p->count == p->cap) {
		p->cap = p->cap != 0 ? 2 * p->cap : 256;
		p->list = xrealloc(p->list, p->cap * sizeof(*p->list));
	}
	uint32_t number = (uint32_t)p->count;
	struct parcel *new = &p->list[number];

	*new = (struct parcel){.size = size, .younger = UINT32_MAX};
	memcpy(new->digest, digest, HASH_SIZE);
	*slot_of(p, digest) = number + 1;
	p->count++;
	return number;
}

uint32_t
parcels_find(struct parcels *p, const unsigned char digest[HASH_SIZE], const char *path, uint64_t size)
{
	uint32_t slot = *slot_of(p, digest);
	uint32_t number = slot != 0 ? slot - 1 : add(p, digest, size);

	p->list[number].path = path;
	return number;
}

static void
digest_of(const void *data, size_t len, unsigned char digest[HASH_SIZE])
{
	struct hash *h = hash_new();

	hash_add(h, data, len);
	hash_finish_binary(h, digest);
}

uint32_t
parcels_keep(struct parcels *p, struct buffer *bytes)
{
	unsigned char digest[HASH_SIZE];

	digest_of(bytes->data, bytes->len, digest);
	uint32_t slot = *slot_of(p, digest);
	uint32_t number = slot != 0 ? slot - 1 : add(p, digest, bytes->len);
	struct parcel *parcel = &p->list[number];

	if (parcel->keepers++ == 0) {
		p->kept += bytes->cap;
		parcel->bytes = *bytes;
		*bytes = (struct buffer){0};
	}
	buffer_release(bytes);
	return number;
}

void
parcels_forget(struct parcels *p, uint32_t number)
{
	struct parcel *parcel = &p->list[number];

	if (--parcel->keepers != 0)
		return;
	p->kept -= parcel->bytes.cap;
	buffer_release(&parcel->bytes);
}

const unsigned char *
parcels_digest(const struct parcels *p, uint32_t number)
{
	return p->list[number].digest;
}

uint64_t
parcels_size(const struct parcels *p, uint32_t number)
{
	return p->list[number].size;
}

size_t
parcels_count(const struct parcels *p)
{
	return p->count;
}

size_t
parcels_memory(const struct parcels *p)
{
	return p->cached + p->kept + p->cap * sizeof(*p->list) + p->table_size * sizeof(*p->table);
}

/* Putting. */

static void
put_data(struct buffer *zipped, struct buffer *out)
{
	unsigned char header[WIRE_HEADER_SIZE];

	for (size_t at = 0; at < zipped->len;) {
		size_t len = zipped->len - at < WIRE_DATA_MAX ? zipped->len - at : WIRE_DATA_MAX;

		wire_put_data_header(header, len);
		buffer_add(out, header, sizeof(header));
		buffer_add(out, zipped->data + at, len);
		at += len;
	}
	buffer_clear(zipped);
}

static void
put_frames(struct parcels *p, const struct parcel *parcel, const unsigned char *data,
           const struct parcels_alive *alive, struct buffer *out)
{
	char hex[HASH_HEX_SIZE];
	struct wire_file file = {.role = WIRE_ROLE_BLOB, .path = hex};
	struct wire_end end = {.size = parcel->size};
	struct buffer zipped = {0};
	size_t left = (size_t)parcel->size;

	hash_format(parcel->digest, hex);
	wire_put_file(out, &file);
	for (; left > STEP; left -= STEP, data += STEP) {
		compressor_add(p->compressor, data, STEP, COMPRESS_MORE, &zipped);
		put_data(&zipped, out);
		if (alive->call != NULL)
			alive->call(alive->context);
	}
	compressor_add(p->compressor, data, left, COMPRESS_FINISH, &zipped);
	put_data(&zipped, out);
	buffer_release(&zipped);
	wire_put_end(out, &end);
}

static void
uncache_oldest(struct parcels *p)
{
	struct parcel *parcel = &p->list[p->oldest];

	p->cached -= parcel->frames.cap;
	buffer_release(&parcel->frames);
	p->oldest = parcel->younger;
	parcel->younger = UINT32_MAX;
	if (p->oldest == UINT32_MAX)
		p->youngest = UINT32_MAX;
}

static void
cache(struct parcels *p, uint32_t number, const unsigned char *frames, size_t len)
{
	struct parcel *parcel = &p->list[number];

	if (len > CACHE_MAX / 4)
		return;
	parcel->frames.data = xmalloc(len);
	memcpy(parcel->frames.data, frames, len);
	parcel->frames.len = parcel->frames.cap = len;
	p->cached += len;
	if (p->youngest != UINT32_MAX)
		p->list[p->youngest].younger = number;
	else
		p->oldest = number;
	p->youngest = number;
	while (p->cached > CACHE_MAX)
		uncache_oldest(p);
}

/* The bytes, if they are still those of the digest; yours. */
static enum err
load(const struct parcel *parcel, char **data)
{
	unsigned char digest[HASH_SIZE];
	size_t len;
	enum err e = parcel->path != NULL ? io_read_file(parcel->path, PARCELS_FILE_MAX, data, &len)
	                                  : ERR_MISSING;

	if (e != OK)
		return ERR_MISSING;
	digest_of(*data, len, digest);
	if (len == parcel->size && memcmp(digest, parcel->digest, HASH_SIZE) == 0)
		return OK;
	log_debug("%s has changed since it was scanned", parcel->path);
	free(*data);
	return ERR_MISSING;
}

enum err
parcels_put(struct parcels *p, uint32_t number, enum parcels_cache mode, const struct parcels_alive *alive,
            struct buffer *out)
{
	struct parcel *parcel = &p->list[number];
	size_t start = out->len;
	char *data;

	if (parcel->frames.len != 0) {
		buffer_add(out, parcel->frames.data, parcel->frames.len);
		return OK;
	}
	if (parcel->bytes.data != NULL) {
		put_frames(p, parcel, parcel->bytes.data, alive, out);
	} else {
		enum err e = load(parcel, &data);

		if (e != OK)
			return e;
		put_frames(p, parcel, (const unsigned char *)data, alive, out);
		free(data);
	}
	if (mode == PARCELS_CACHE)
		cache(p, number, out->data + start, out->len - start);
	return OK;
}

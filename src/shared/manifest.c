/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Layout. A number is a varint: seven bits a byte, lowest first, the eighth says that more follow, never
 * longer than needed; so each manifest has one encoding. A string ends with a NUL, which lets an entry
 * borrow it. Prefixes are not shared between paths: zstd, which a manifest always passes, finds them.
 *
 *   manifest:   client (16 bytes) | expected (32) | expected_user (32) |
 *               u8 has a catalogue (0, 1) [ | its digest (32) | its size ] |
 *               count of indexes | the first index, then each one's distance to the one before |
 *               count of entries | entries | count of hidden | strings
 *   catalogue:  count of entries | entries
 *   entry:      u8 type | path | FILE: digest (32) | size | mtime (zigzag: lowest bit = sign)
 *                              | LINK: target
 */
#include <stdlib.h>
#include <string.h>

#include "manifest.h"
#include "path.h"
#include "xalloc.h"

#define PATH_MAX_LEN 4096u
#define ENTRY_MIN_LEN 4u /* a folder: type, "/a", NUL */

/* Writing. */

static void
put_number(struct buffer *b, uint64_t v)
{
	unsigned char *p = buffer_reserve(b, 10);

	while (v >= 0x80) {
		*p++ = (unsigned char)(v | 0x80);
		v >>= 7;
		b->len++;
	}
	*p = (unsigned char)v;
	b->len++;
}

static void
put_string(struct buffer *b, const char *s)
{
	buffer_add(b, s, strlen(s) + 1);
}

static uint64_t
zigzag(int64_t v)
{
	return v < 0 ? ~((uint64_t)v << 1) : (uint64_t)v << 1;
}

static void
put_entry(struct buffer *b, const struct manifest_entry *entry)
{
	unsigned char type = (unsigned char)entry->type;

	buffer_add(b, &type, 1);
	put_string(b, entry->path);
	switch (entry->type) {
	case MANIFEST_FILE:
		buffer_add(b, entry->digest, MANIFEST_DIGEST_SIZE);
		put_number(b, entry->size);
		put_number(b, zigzag(entry->mtime_ns));
		return;
	case MANIFEST_LINK:
		put_string(b, entry->target);
		return;
	case MANIFEST_DIRECTORY:
		return;
	}
}

void
manifest_put_catalogue(struct buffer *b, const struct manifest_entry *entries, size_t count)
{
	put_number(b, count);
	for (size_t i = 0; i < count; i++)
		put_entry(b, &entries[i]);
}

void
manifest_put(struct buffer *b, const struct manifest *m)
{
	const unsigned char has_catalogue = m->has_catalogue ? 1 : 0;

	buffer_add(b, m->client, MANIFEST_CLIENT_SIZE);
	buffer_add(b, m->expected, MANIFEST_DIGEST_SIZE);
	buffer_add(b, m->expected_user, MANIFEST_DIGEST_SIZE);
	buffer_add(b, &has_catalogue, 1);
	if (m->has_catalogue) {
		buffer_add(b, m->catalogue, MANIFEST_DIGEST_SIZE);
		put_number(b, m->catalogue_size);
	}
	put_number(b, m->index_count);
	for (size_t i = 0; i < m->index_count; i++)
		put_number(b, i == 0 ? m->indexes[0] : m->indexes[i] - m->indexes[i - 1]);
	manifest_put_catalogue(b, m->entries, m->entry_count);
	put_number(b, m->hidden.count);
	for (size_t i = 0; i < m->hidden.count; i++)
		put_string(b, m->hidden.items[i]);
}

/* Reading: a cursor that remembers the first error, so that a get is a list of fields. */

struct cursor {
	const unsigned char *p;
	size_t left;
	enum err e;
};

static void
fail(struct cursor *c, enum err e)
{
	if (c->e == OK)
		c->e = e;
}

static const unsigned char *
take(struct cursor *c, size_t n)
{
	if (c->left < n)
		fail(c, ERR_PROTOCOL);
	if (c->e != OK)
		return NULL;
	const unsigned char *p = c->p;

	c->p += n;
	c->left -= n;
	return p;
}

static void
get_bytes(struct cursor *c, unsigned char *out, size_t n)
{
	const unsigned char *p = take(c, n);

	if (p != NULL)
		memcpy(out, p, n);
}

/* One byte; min after an error. */
static unsigned
get_small(struct cursor *c, unsigned min, unsigned max)
{
	const unsigned char *p = take(c, 1);

	if (p != NULL && *p >= min && *p <= max)
		return *p;
	fail(c, ERR_PROTOCOL);
	return min;
}

/* The only encoding of a number: no zero byte at its end, no bit beyond the 64th. 0 after an error. */
static uint64_t
get_number(struct cursor *c)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64; shift += 7) {
		const unsigned char *p = take(c, 1);

		if (p == NULL)
			return 0;
		uint64_t bits = *p & 0x7fu;

		if (shift == 63 && bits > 1)
			break;
		v |= bits << shift;
		if (*p >= 0x80)
			continue;
		if (shift != 0 && bits == 0)
			break;
		return v;
	}
	fail(c, ERR_PROTOCOL);
	return 0;
}

static uint64_t
get_bounded(struct cursor *c, uint64_t max, enum err beyond)
{
	uint64_t v = get_number(c);

	if (v <= max)
		return v;
	fail(c, beyond);
	return 0;
}

/* Borrowed; "" after an error. */
static const char *
get_string(struct cursor *c)
{
	const unsigned char *end = c->left != 0 ? memchr(c->p, '\0', c->left) : NULL;

	if (end == NULL)
		fail(c, ERR_PROTOCOL);
	else if ((size_t)(end - c->p) > PATH_MAX_LEN)
		fail(c, ERR_LIMIT);
	if (c->e != OK)
		return "";
	return (const char *)take(c, (size_t)(end - c->p) + 1);
}

static const char *
get_path(struct cursor *c)
{
	const char *s = get_string(c);

	if (c->e == OK && (s[0] != '/' || !path_is_plain(s + 1)))
		fail(c, ERR_PROTOCOL);
	return s;
}

/* A count of things of which each takes at least min_len bytes: a lie fails before memory is taken. */
static size_t
get_count(struct cursor *c, size_t min_len)
{
	size_t n = (size_t)get_bounded(c, MANIFEST_ENTRIES_MAX, ERR_LIMIT);

	if (n > c->left / min_len)
		fail(c, ERR_PROTOCOL);
	return c->e == OK ? n : 0;
}

static int64_t
get_signed(struct cursor *c)
{
	uint64_t v = get_number(c);

	return v & 1 ? -(int64_t)(v >> 1) - 1 : (int64_t)(v >> 1);
}

static void
get_entry(struct cursor *c, struct manifest_entry *entry)
{
	*entry = (struct manifest_entry){.target = ""};
	entry->type = (enum manifest_type)get_small(c, MANIFEST_FILE, MANIFEST_DIRECTORY);
	entry->path = get_path(c);
	if (c->e != OK)
		return;
	switch (entry->type) {
	case MANIFEST_FILE:
		get_bytes(c, entry->digest, MANIFEST_DIGEST_SIZE);
		entry->size = get_bounded(c, INT64_MAX, ERR_LIMIT);
		entry->mtime_ns = get_signed(c);
		return;
	case MANIFEST_LINK:
		entry->target = get_string(c);
		if (entry->target[0] == '\0')
			fail(c, ERR_PROTOCOL);
		return;
	case MANIFEST_DIRECTORY:
		return;
	}
}

static struct manifest_entry *
get_entries(struct cursor *c, size_t *count)
{
	size_t n = get_count(c, ENTRY_MIN_LEN);
	struct manifest_entry *entries = n != 0 ? xcalloc(n, sizeof(*entries)) : NULL;

	for (size_t i = 0; c->e == OK && i < n; i++)
		get_entry(c, &entries[i]);
	*count = n;
	return entries;
}

static enum err
done(const struct cursor *c)
{
	if (c->e != OK)
		return c->e;
	return c->left == 0 ? OK : ERR_PROTOCOL;
}

enum err
manifest_get_catalogue(const void *bytes, size_t len, struct manifest_entry **entries, size_t *count)
{
	struct cursor c = {bytes, len, len <= MANIFEST_RAW_MAX ? OK : ERR_LIMIT};
	size_t n;
	struct manifest_entry *found = get_entries(&c, &n);
	enum err e = done(&c);

	if (e != OK) {
		free(found);
		return e;
	}
	*entries = found;
	*count = n;
	return OK;
}

static void
get_indexes(struct cursor *c, struct manifest *m)
{
	m->index_count = get_count(c, 1);
	if (m->index_count != 0)
		m->indexes = xcalloc(m->index_count, sizeof(*m->indexes));
	for (size_t i = 0; c->e == OK && i < m->index_count; i++) {
		uint64_t v = get_bounded(c, MANIFEST_ENTRIES_MAX, ERR_LIMIT);

		if (i != 0 && v == 0)
			fail(c, ERR_PROTOCOL);
		if (i != 0)
			v += m->indexes[i - 1];
		if (v >= MANIFEST_ENTRIES_MAX)
			fail(c, ERR_LIMIT);
		m->indexes[i] = (uint32_t)v;
	}
	if (m->index_count != 0 && !m->has_catalogue)
		fail(c, ERR_PROTOCOL);
}

static void
get_hidden(struct cursor *c, struct strv *hidden)
{
	size_t n = get_count(c, 2);

	for (size_t i = 0; c->e == OK && i < n; i++) {
		const char *s = get_string(c);

		if (c->e == OK && (s[0] != '/' || (s[1] != '\0' && !path_is_plain(s + 1))))
			fail(c, ERR_PROTOCOL);
		if (c->e == OK)
			strv_add(hidden, s);
	}
}

static bool
is_sorted(const struct manifest *m)
{
	for (size_t i = 1; i < m->entry_count; i++)
		if (strcmp(m->entries[i - 1].path, m->entries[i].path) >= 0)
			return false;
	return true;
}

enum err
manifest_get(const void *bytes, size_t len, struct manifest *m)
{
	struct cursor c = {bytes, len, len <= MANIFEST_RAW_MAX ? OK : ERR_LIMIT};

	*m = (struct manifest){0};
	get_bytes(&c, m->client, MANIFEST_CLIENT_SIZE);
	get_bytes(&c, m->expected, MANIFEST_DIGEST_SIZE);
	get_bytes(&c, m->expected_user, MANIFEST_DIGEST_SIZE);
	m->has_catalogue = get_small(&c, 0, 1) == 1;
	if (m->has_catalogue) {
		get_bytes(&c, m->catalogue, MANIFEST_DIGEST_SIZE);
		m->catalogue_size = get_bounded(&c, MANIFEST_RAW_MAX, ERR_LIMIT);
	}
	get_indexes(&c, m);
	m->entries = get_entries(&c, &m->entry_count);
	get_hidden(&c, &m->hidden);
	enum err e = done(&c);

	if (e == OK && !is_sorted(m))
		e = ERR_PROTOCOL;
	if (e != OK)
		manifest_release(m);
	return e;
}

void
manifest_release(struct manifest *m)
{
	free(m->indexes);
	free(m->entries);
	strv_release(&m->hidden);
	*m = (struct manifest){0};
}

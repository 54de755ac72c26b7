/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "field.h"
#include "xalloc.h"

void
field_put_u32(struct buffer *b, uint32_t v)
{
	unsigned char *p = buffer_reserve(b, 4);

	p[0] = (unsigned char)(v >> 24);
	p[1] = (unsigned char)(v >> 16);
	p[2] = (unsigned char)(v >> 8);
	p[3] = (unsigned char)v;
	b->len += 4;
}

void
field_put_u64(struct buffer *b, uint64_t v)
{
	field_put_u32(b, (uint32_t)(v >> 32));
	field_put_u32(b, (uint32_t)v);
}

void
field_put_string(struct buffer *b, const char *s)
{
	size_t n = strlen(s);

	field_put_u32(b, (uint32_t)n);
	buffer_add(b, s, n);
}

void
field_put_list(struct buffer *b, const struct strv *v)
{
	field_put_u32(b, (uint32_t)v->count);
	for (size_t i = 0; i < v->count; i++)
		field_put_string(b, v->items[i]);
}

const unsigned char *
field_take(struct field_cursor *c, size_t n)
{
	if (c->e == OK && c->left < n)
		c->e = ERR_PROTOCOL;
	if (c->e != OK)
		return NULL;
	const unsigned char *p = c->p;

	c->p += n;
	c->left -= n;
	return p;
}

uint32_t
field_get_u32(struct field_cursor *c)
{
	const unsigned char *p = field_take(c, 4);

	if (p == NULL)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t
field_get_u64(struct field_cursor *c)
{
	uint64_t high = field_get_u32(c);

	return high << 32 | field_get_u32(c);
}

char *
field_get_string(struct field_cursor *c, size_t max)
{
	size_t n = field_get_u32(c);

	if (c->e == OK && n > max)
		c->e = ERR_LIMIT;
	const unsigned char *p = field_take(c, n);

	if (p == NULL)
		return NULL;
	if (memchr(p, '\0', n) != NULL) {
		c->e = ERR_PROTOCOL;
		return NULL;
	}
	return xstrndup((const char *)p, n);
}

void
field_get_list(struct field_cursor *c, size_t max_count, struct strv *v)
{
	uint32_t n = field_get_u32(c);

	if (c->e == OK && n > max_count)
		c->e = ERR_LIMIT;
	/* Each string costs four bytes at least, so a lie about the count ends early. */
	for (uint32_t i = 0; c->e == OK && i < n; i++) {
		char *s = field_get_string(c, SIZE_MAX);

		if (s != NULL)
			strv_take(v, s);
	}
}

enum err
field_done(const struct field_cursor *c)
{
	if (c->e != OK)
		return c->e;
	return c->left == 0 ? OK : ERR_PROTOCOL;
}

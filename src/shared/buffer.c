/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "xalloc.h"

void
buffer_release(struct buffer *b)
{
	free(b->data);
	*b = (struct buffer){0};
}

void
buffer_clear(struct buffer *b)
{
	b->len = 0;
}

unsigned char *
buffer_reserve(struct buffer *b, size_t n)
{
	if (n > BUFFER_MAX || b->len > BUFFER_MAX - n) {
		fprintf(stderr, "dcc: a buffer would grow beyond %zu bytes\n", BUFFER_MAX);
		abort();
	}
	if (b->data == NULL || b->cap - b->len < n) {
		size_t cap = b->cap != 0 ? b->cap : 256;

		while (cap < b->len + n)
			cap *= 2;
		b->data = xrealloc(b->data, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void
buffer_add(struct buffer *b, const void *data, size_t len)
{
	if (len == 0)
		return;
	memcpy(buffer_reserve(b, len), data, len);
	b->len += len;
}

void
buffer_add_string(struct buffer *b, const char *s)
{
	buffer_add(b, s, strlen(s));
}

void
buffer_remove_front(struct buffer *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
		return;
	}
	memmove(b->data, b->data + n, b->len - n);
	b->len -= n;
}

char *
buffer_take_string(struct buffer *b)
{
	buffer_add(b, "", 1);
	char *s = (char *)b->data;

	*b = (struct buffer){0};
	return s;
}

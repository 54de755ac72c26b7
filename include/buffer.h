/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_BUFFER_H
#define DCC_BUFFER_H

#include <stddef.h>

/* No buffer grows beyond this: what is larger is streamed. Growing past it ends the process. */
#define BUFFER_MAX ((size_t)256 << 20)

/* Growable bytes; starts as {0}. data is NULL until the first byte, and never NUL-terminated. */
struct buffer {
	unsigned char *data;
	size_t len;
	size_t cap;
};

void
buffer_release(struct buffer *b);
/* Forgets the contents, keeps the memory. */
void
buffer_clear(struct buffer *b);
void
buffer_add(struct buffer *b, const void *data, size_t len);
void
buffer_add_string(struct buffer *b, const char *s);
/* Room for n more bytes behind len; the caller writes there and then adds to len. */
unsigned char *
buffer_reserve(struct buffer *b, size_t n);
/* Drops the first n bytes. */
void
buffer_remove_front(struct buffer *b, size_t n);
/* The contents as a new NUL-terminated string, yours; the buffer is empty afterwards. */
char *
buffer_take_string(struct buffer *b);

#endif

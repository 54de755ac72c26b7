/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_FIELD_H
#define DCC_FIELD_H

#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "err.h"
#include "strv.h"

/*
 * The fields that our messages are made of: big-endian integers, strings (u32 length + bytes without
 * NUL), lists (u32 count + strings). Pure.
 */
void
field_put_u32(struct buffer *b, uint32_t v);
void
field_put_u64(struct buffer *b, uint64_t v);
void
field_put_string(struct buffer *b, const char *s);
void
field_put_list(struct buffer *b, const struct strv *v);

/* Reads on until the first error and remembers that one, so that a get is a list of fields. */
struct field_cursor {
	const unsigned char *p;
	size_t left;
	enum err e;
};

/* n bytes, borrowed; NULL after an error. */
const unsigned char *
field_take(struct field_cursor *c, size_t n);
/* 0 after an error. */
uint32_t
field_get_u32(struct field_cursor *c);
uint64_t
field_get_u64(struct field_cursor *c);
/* A string of at most max bytes without a NUL, yours; NULL after an error (ERR_LIMIT, ERR_PROTOCOL). */
char *
field_get_string(struct field_cursor *c, size_t max);
/* Adds at most max_count strings of any length to v. */
void
field_get_list(struct field_cursor *c, size_t max_count, struct strv *v);
/* The first error; ERR_PROTOCOL when something is left over. */
enum err
field_done(const struct field_cursor *c);

#endif

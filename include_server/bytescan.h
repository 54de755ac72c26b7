/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_BYTESCAN_H
#define DCC_BYTESCAN_H

#include <stddef.h>

/*
 * The searches on which the speed of reading a source rests. The text ends with a NUL, has none inside,
 * and BYTESCAN_PADDING readable bytes behind it.
 */
#define BYTESCAN_PADDING 32

/* The first of # " ' / and other, or the NUL. */
const char *
bytescan_special(const char *p, char other);
/* The first of newline / \ " ' or the NUL. */
const char *
bytescan_line(const char *p);
/* The first newline, or the NUL. */
const char *
bytescan_newline(const char *p);
/* The first a followed by b, or the NUL. */
const char *
bytescan_pair(const char *p, char a, char b);
size_t
bytescan_count_newlines(const char *p, const char *end);

/* What a text may hold that costs a closer look; a set bit may be a false alarm. */
enum bytescan_survey {
	BYTESCAN_BACKSLASH = 1 << 0,
	BYTESCAN_RETURN = 1 << 1,     /* carriage return */
	BYTESCAN_RAW_STRING = 1 << 2, /* R" */
	BYTESCAN_TRIGRAPH = 1 << 3,   /* ?? */
	BYTESCAN_DIGRAPH = 1 << 4,    /* %: */
	BYTESCAN_PRAGMA = 1 << 5,     /* _P */
	BYTESCAN_ASSEMBLER = 1 << 6,  /* .i */
	BYTESCAN_PUSH_POP = 1 << 7,   /* PU, PO */
	BYTESCAN_MACRO = 1 << 8,      /* _m: push_macro, pop_macro */
	BYTESCAN_GCC = 1 << 9,        /* CC */
	BYTESCAN_IMPORT = 1 << 10     /* mp */
};
unsigned
bytescan_survey(const char *p, const char *end);

#endif

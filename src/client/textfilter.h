/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TEXTFILTER_H
#define DCC_TEXTFILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

/*
 * gcc's -fdirectives-only repeats every predefined macro and every -D; compiled again as ordinary source these
 * lines would be redefinitions. The filter drops the #define and #undef lines that stand under
 * "<built-in>" and "<command-line>" line markers, up to the first line of the source itself. Pure. Starts as {0}.
 */
struct textfilter {
	char *main_marker;     /* the source's name as a line marker spells it: quoted, escaped */
	struct buffer partial; /* a line whose end has not come yet */
	bool in_predefined;
	bool is_through;       /* the source itself was reached: everything passes */
	unsigned markers;      /* of the source so far */
};

void
textfilter_init(struct textfilter *f, const char *source);
void
textfilter_release(struct textfilter *f);
/* Appends to out what passes of data. */
void
textfilter_add(struct textfilter *f, const void *data, size_t len, struct buffer *out);
/* The text is at its end: what was held back follows. */
void
textfilter_finish(struct textfilter *f, struct buffer *out);

#endif

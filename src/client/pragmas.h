/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PRAGMAS_H
#define DCC_PRAGMAS_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"
#include "strv.h"

/*
 * gcc's -fdirectives-only carries out #pragma push_macro, pop_macro, poison and their like and leaves a
 * line of blanks: compiled again, the macros would be others. Each such line is looked up in the file that it came
 * from; once and system_header lose nothing. message and redefine_extname leave no line: files are searched for them, and a
 * line beside one that is in the text says that it was met.
 * Starts as {0}.
 */
struct pragmas {
	struct buffer partial; /* a line whose end has not come yet */
	char *file;            /* the line markers' current file, or NULL */
	unsigned long line;    /* of the next line of text in it */
	struct strv witnesses; /* without blanks: lines beside pragmas that leave none */
	bool is_lost;          /* a pragma that matters was dropped */
};

/* Looks at more text. */
void
pragmas_add(struct pragmas *p, const void *data, size_t len);
void
pragmas_release(struct pragmas *p);

#endif

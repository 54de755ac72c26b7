/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_BRANCHES_H
#define DCC_BRANCHES_H

#include <stdbool.h>

#include "directives.h"

/* Conditional directives -> jumps. */

/* Is this a place that no compilation ever reaches: "#if 0"? */
bool
branches_are_dead(const struct builder *b);
void
branches_if(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_ifdef(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_ifndef(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_elif(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_elifdef(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_elifndef(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_else(struct builder *b, const struct lexer *l, struct rest *r);
void
branches_endif(struct builder *b, const struct lexer *l, struct rest *r);
/* At the end of the file: is any conditional open? */
void
branches_finish(struct builder *b, const struct lexer *l);

#endif

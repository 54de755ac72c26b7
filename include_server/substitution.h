/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SUBSTITUTION_H
#define DCC_SUBSTITUTION_H

#include "expansion.h"

/* A macro's body and its arguments -> tokens: parameters, #, ##, __VA_OPT__. */

/* Tokens in the expansion's memory; starts as {0}. */
struct sequence {
	struct token *items;
	size_t count, cap;
};

void
sequence_add(struct expansion *x, struct sequence *s, const struct token *t);
void
sequence_append(struct expansion *x, struct sequence *s, const struct token *tokens, size_t count);

/* Tokens that stay where they are and as they are for as long as the expansion's memory. */
struct run {
	const struct token *items;
	size_t count;
};

struct argument {
	struct run raw;
	struct run expanded;
	bool is_expanded;
	bool is_omitted; /* the variable one was not given at all */
};

/* Appends what the macro becomes to out, before it is scanned again. */
void
substitution_run(struct expansion *x, const struct definition *d, struct argument *arguments, struct sequence *out);

/* Defined by expansion.c, since it reads: fills in a->expanded. */
void
expansion_expand(struct expansion *x, struct argument *a);

#endif

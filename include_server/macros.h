/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_MACROS_H
#define DCC_MACROS_H

#include <stdbool.h>
#include <stdint.h>

#include "symbols.h"
#include "tokens.h"
#include "unmodelled.h"

/* A macro's replacement, parsed when it is first expanded: most never are. */
struct macro {
	const char *text;              /* behind its name: "(a, b) body", " body" or ""; borrowed */
	struct definition *definition; /* NULL: not yet parsed */
};

struct definition {
	enum unmodelled why;           /* it does not compile, or is not followed; UNMODELLED_NONE */
	bool is_function;
	bool is_variadic;              /* the last parameter takes the rest */
	bool has_paste;                /* ## in a body without parameters */
	bool has_va_opt;
	uint16_t parameter_count;
	uint32_t count;
	size_t memory;
	const struct token *tokens;    /* of the body */
};

/* Parses it if that has not been done. Its tokens borrow from m->text. */
const struct definition *
macros_define(struct symbols *symbols, struct macro *m, unsigned mode);
/* Frees what was parsed. */
void
macros_release(struct symbols *symbols, struct macro *m);

#endif

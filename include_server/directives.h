/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_DIRECTIVES_H
#define DCC_DIRECTIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "instruction.h"
#include "lexer.h"
#include "tokens.h"
#include "unmodelled.h"

/* Directives -> instructions, one after the other; used by program_new alone. */

struct branches; /* of a conditional that is not yet at its end */

/* Starts as {.symbols, .mode}. */
struct builder {
	struct symbols *symbols;
	unsigned mode, mask;    /* enum program_mode */
	enum unmodelled broken; /* conditionals without beginning or end */
	const char *what;       /* is broken */
	uint32_t broken_line;
	struct buffer code;       /* struct instruction */
	struct buffer macros;     /* uint32_t: offset of the macro's text in text */
	struct buffer conditions; /* the same of conditions */
	struct buffer text;
	struct branches *open;  /* the conditionals around, innermost last */
	size_t open_count, open_cap;
	struct token_list tokens; /* scratch */
};

void
directives_add(struct builder *b, struct lexer *l, enum lexer_event event);
/* The file as a whole is broken: all that remains is an instruction that says so. */
void
directives_break(struct builder *b, const struct lexer *l);
void
directives_release(struct builder *b);
/* Does an instruction have a text? */
bool
directives_has_text(enum operation operation);

/* For the modules that share the work: */

/* What stands behind a directive's name. */
struct rest {
	const char *text;
	size_t length;
};

/* Takes the identifier off its beginning; NULL: there is none. */
struct symbol *
directives_take_name(struct builder *b, struct rest *r);
/* The index of a new condition. */
size_t
directives_add_condition(struct builder *b, const struct rest *r);
/* Appends an instruction at the lexer's line; valid until the next. */
struct instruction *
directives_emit(struct builder *b, const struct lexer *l, enum operation operation);
/* The same with a text. */
struct instruction *
directives_emit_text(struct builder *b, const struct lexer *l, enum operation operation, const char *text, size_t length);
/* An instruction that ends the run for why; what: a literal, or NULL. */
void
directives_fail(struct builder *b, const struct lexer *l, enum unmodelled why, const char *what);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_EXPANSION_H
#define DCC_EXPANSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"
#include "symbols.h"
#include "tokens.h"
#include "unmodelled.h"

/*
 * Macro expansion of a directive's tokens, as gcc and clang do it. A stream: a reader asks for the next token, because
 * what is read raw (behind "defined") and what is expanded is his to know.
 */

struct arena; /* memory of one directive */
struct level; /* a list of tokens that is being read */

struct expansion {
	struct symbols *symbols;
	unsigned mode;            /* enum program_mode */
	bool is_strict;           /* -std=c.., not gnu: ", ## __VA_ARGS__" */
	bool wants_padding;       /* white space matters: in #include */
	unsigned unused;          /* > 0: an operand is read whose value does not matter */
	unsigned taint;           /* enum taint: macros that the compiler may have changed meanwhile */
	const struct macro *predefined, *predefined_end; /* those of the compiler */
	uint64_t steps, steps_max;
	enum unmodelled why;      /* not UNMODELLED_NONE: every reader gets TOKEN_END */
	const char *what;         /* of why, for a reader of logs; borrowed */

	/*
	 * The value of a builtin macro. False: it stands as it is. It may read on with expansion_next
	 * and expansion_next_raw.
	 */
	bool (*builtin)(void *context, const struct token *name, struct token *value);
	/* Has the compiler a builtin macro of this name (SPECIAL_FIRST_ASKED and behind)? */
	bool (*has_builtin)(void *context, enum special special);
	void *context;
	uint32_t epoch;           /* the symbols' */
	/* What a symbol's macro is for a builtin one; builtins[SPECIAL_NONE]: it is poisoned. */
	struct macro builtins[SPECIAL_COUNT];

	/* Its own. */
	struct arena *arena;
	struct level *levels;
	size_t depth, cap;
	unsigned nesting;         /* of arguments that are being expanded */
	bool has_white;           /* clang: the next token inherits the space before a macro that left nothing */
};

/* Starts as {.symbols, .builtin, .has_builtin, .context}; the rest of the first lines is set for each run. */
void
expansion_release(struct expansion *x);
/* Begins to read tokens, which stay the caller's; what was read before is forgotten. */
void
expansion_begin(struct expansion *x, const struct token *tokens, size_t count);
/* The next token after expansion; raw: as it stands. TOKEN_END at the end of the directive. */
void
expansion_next(struct expansion *x, struct token *t);
void
expansion_next_raw(struct expansion *x, struct token *t);
/* Puts the token back that was read last. */
void
expansion_unread(struct expansion *x, const struct token *t);
/* The macro of this name; NULL: there is none. */
struct macro *
expansion_find(struct expansion *x, struct symbol *name);
/* May the compiler have changed the macro of this name? expansion_find would end the run. */
bool
expansion_is_uncertain(const struct expansion *x, const struct symbol *name);
/* Stands for a macro that is there or not: who finds it ends the run. */
struct macro *
expansion_doubtful(struct expansion *x);
bool
expansion_is_builtin(const struct expansion *x, const struct macro *m);
/* Memory until the next expansion_begin. */
void *
expansion_allocate(struct expansion *x, size_t size);
/* Makes what was allocated last larger. False: p is not that, or there is no room behind it. */
bool
expansion_extend(struct expansion *x, const void *p, size_t old_size, size_t size);
/* Ends the run. */
void
expansion_fail(struct expansion *x, enum unmodelled why, const char *what);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Macros and a text -> the text expanded. */
#ifndef DCC_TEST_EXPANSION_TEXT_H
#define DCC_TEST_EXPANSION_TEXT_H

#include <stdio.h>
#include <string.h>

#include "expansion.h"
#include "instruction.h"

#define EXPANSION_GNU (PROGRAM_LINE_COMMENTS | PROGRAM_RAW_STRINGS)

struct expanded {
	struct symbols *symbols;
	struct program *macros;
	struct expansion x;
	struct token_list tokens;
	char out[2000];
};

static inline bool
expanded_builtin(void *context, const struct token *name, struct token *value)
{
	(void)context;
	(void)name;
	*value = (struct token){.kind = TOKEN_NUMBER, .length = 2, .text = "77"};
	return true;
}

static inline bool
expanded_has_builtin(void *context, enum special special)
{
	(void)context;
	return special == SPECIAL_HAS_INCLUDE;
}

/* Defines the macros and begins to read the text. */
static inline void
expanded_begin(struct expanded *e, unsigned mode, const char *macros, const char *text)
{
	memset(e, 0, sizeof(*e));
	e->symbols = symbols_new();
	e->macros = program_new(e->symbols, macros, strlen(macros), mode);
	e->x = (struct expansion){.symbols = e->symbols, .mode = mode, .steps_max = 1000000, .builtin = expanded_builtin,
	                          .has_builtin = expanded_has_builtin, .epoch = symbols_begin(e->symbols)};
	for (const struct instruction *n = e->macros->code; n->operation == OPERATION_DEFINE; n++) {
		n->symbol->macro = &e->macros->macros[n->target];
		n->symbol->epoch = e->x.epoch;
	}
	struct tokeniser t = {e->symbols, text, text + strlen(text), mode, false};

	token_list_read(&e->tokens, &t);
	expansion_begin(&e->x, e->tokens.items, e->tokens.count);
}

static inline void
expanded_end(struct expanded *e)
{
	expansion_release(&e->x);
	program_free(e->macros);
	token_list_release(&e->tokens);
	symbols_free(e->symbols);
}

/* The spellings with a space between each two; at the end "!word" of why it failed. */
static inline void
expanded_read(struct expanded *e)
{
	struct token t;
	size_t n = 0, length;

	for (expansion_next(&e->x, &t); t.kind != TOKEN_END; expansion_next(&e->x, &t)) {
		const char *spelling = tokens_spelling(&t, &length);

		if (t.kind != TOKEN_PADDING)
			n += (size_t)snprintf(e->out + n, sizeof(e->out) - n, "%s%.*s", n > 0 ? " " : "", (int)length, spelling);
	}
	if (e->x.why != UNMODELLED_NONE)
		snprintf(e->out + n, sizeof(e->out) - n, "!%s", unmodelled_word(e->x.why));
}

#define assert_expanded_as(mode, macros, text, expected) \
	do { \
		struct expanded expanded; \
		expanded_begin(&expanded, mode, macros, text); \
		expanded_read(&expanded); \
		assert_string_equal(expanded.out, expected); \
		expanded_end(&expanded); \
	} while (0)
#define assert_expanded(macros, text, expected) assert_expanded_as(EXPANSION_GNU, macros, text, expected)

#endif

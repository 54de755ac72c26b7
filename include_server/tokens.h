/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TOKENS_H
#define DCC_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbols.h"

/* Preprocessing tokens of a directive's text, from which the lexer has taken comments and line splices. */

/* Stands in such a text where a "//" begins a comment for some readers only; the rest of the line is gone. */
#define TOKENS_MAYBE_COMMENT '\x01'

/* Punctuators. X(code, spelling) */
#define PUNCTUATOR_LIST(X) \
	X(TOKEN_OPEN, "(") \
	X(TOKEN_CLOSE, ")") \
	X(TOKEN_COMMA, ",") \
	X(TOKEN_HASH, "#") \
	X(TOKEN_PASTE, "##") \
	X(TOKEN_LESS, "<") \
	X(TOKEN_GREATER, ">") \
	X(TOKEN_LESS_EQ, "<=") \
	X(TOKEN_GREATER_EQ, ">=") \
	X(TOKEN_EQ_EQ, "==") \
	X(TOKEN_NOT_EQ, "!=") \
	X(TOKEN_SHIFT_LEFT, "<<") \
	X(TOKEN_SHIFT_RIGHT, ">>") \
	X(TOKEN_AND_AND, "&&") \
	X(TOKEN_OR_OR, "||") \
	X(TOKEN_NOT, "!") \
	X(TOKEN_AND, "&") \
	X(TOKEN_OR, "|") \
	X(TOKEN_XOR, "^") \
	X(TOKEN_COMPL, "~") \
	X(TOKEN_PLUS, "+") \
	X(TOKEN_MINUS, "-") \
	X(TOKEN_TIMES, "*") \
	X(TOKEN_DIVIDE, "/") \
	X(TOKEN_REMAINDER, "%") \
	X(TOKEN_QUESTION, "?") \
	X(TOKEN_COLON, ":") \
	X(TOKEN_SCOPE, "::") \
	X(TOKEN_DOT, ".") \
	X(TOKEN_ELLIPSIS, "...")

#define TOKEN_ENUM(code, spelling) code,
enum token_kind {
	TOKEN_END,         /* of the text */
	TOKEN_NAME,        /* symbol */
	TOKEN_NUMBER,      /* a preprocessing number */
	TOKEN_CHARACTER,   /* with its prefix and quotes */
	TOKEN_STRING,      /* without prefix, with its quotes */
	TOKEN_ODD_STRING,  /* with a prefix */
	TOKEN_HEADER,      /* <name>, where one was expected */
	TOKEN_PARAMETER,   /* in a macro's body: number */
	TOKEN_PADDING,     /* gcc's: only its white space counts */
	TOKEN_PLACEMARKER, /* nothing, as an operand of ## */
	TOKEN_UNMODELLED,  /* number: enum unmodelled; ends the run when it matters */
	TOKEN_OTHER,       /* other punctuators, and what is no token */
	PUNCTUATOR_LIST(TOKEN_ENUM)
};

enum token_flag {
	TOKEN_WHITE = 1 << 0,     /* white space before it */
	TOKEN_NO_EXPAND = 1 << 1, /* painted blue */
	TOKEN_PASTED = 1 << 2,    /* in a body: ## stands behind it */
	TOKEN_STRINGIFY = 1 << 3  /* in a body: # stands before it */
};

struct token {
	uint8_t kind;    /* enum token_kind */
	uint8_t flags;
	uint16_t number; /* TOKEN_PARAMETER, TOKEN_UNMODELLED */
	uint32_t length; /* of text */
	union {
		const char *text; /* borrowed from what was tokenised; its spelling */
		struct symbol *symbol;
	};
};

struct tokeniser {
	struct symbols *symbols;
	const char *at, *end;
	unsigned mode;           /* enum program_mode */
	bool expects_header;     /* <name> is one token if it is the next one */
};

/* The next token; TOKEN_END at the end, again and again. */
void
tokens_read(struct tokeniser *t, struct token *token);
const char *
tokens_spelling(const struct token *token, size_t *length);

/* Tokens in the order of a text, growing; starts as {0}. */
struct token_list {
	struct token *items;
	size_t count, cap;
};

void
token_list_release(struct token_list *l);
void
token_list_add(struct token_list *l, const struct token *t);
/* All of the text. A <name> directly behind __has_include( and its like is a header. */
void
token_list_read(struct token_list *l, struct tokeniser *t);

/* Character classes, of gcc and clang alike: bytes outside ASCII are letters. */
bool
tokens_is_letter(unsigned char c); /* begins an identifier; '$' is asked for apart */
bool
tokens_is_digit(unsigned char c);
/* The end of the identifier that begins at p. */
const char *
tokens_skip_name(const char *p, const char *end, unsigned mode);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LEXER_H
#define DCC_LEXER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "unmodelled.h"

/* Bytes of a source -> what of it a preprocessor acts on: directives, and a few words of the text between them. */
enum lexer_event {
	LEXER_END,
	LEXER_DIRECTIVE,  /* text: what stands behind the '#', without comments and splices */
	LEXER_PRAGMA,     /* _Pragma("text") among the text; text is not yet unescaped */
	LEXER_WORD,       /* an identifier alone on its line that may be a macro for pragmas */
	LEXER_READ,       /* .incbin or .include: text is the file's name */
	LEXER_IMPORT,     /* import or @import at the beginning of a line */
	LEXER_UNMODELLED  /* why */
};

struct lexer {
	unsigned mode;          /* enum program_mode */
	unsigned mask;          /* bits of it that made a difference so far */
	/* Of the last event. Without a NUL behind it; valid until the next. */
	const char *text;
	size_t length;
	uint32_t line;
	bool is_multiline;      /* the directive goes over several lines */
	enum unmodelled why;
	/* What is wrong with the file as a whole, so that no compiler would take it; UNMODELLED_NONE. */
	enum unmodelled broken;

	/* Its own. */
	char *copy;             /* of the source, ended by newline and NUL */
	char *clean;            /* room for one directive */
	const char *begin, *at;
	const char *counted;    /* lines up to here are in line_count */
	uint32_t line_count;
	const char *comment, *comment_end; /* the last comment, */
	bool comment_is_first;             /* and whether it begins its line */
	bool is_cleaned;        /* splices are gone, so a directive may have had some */
	char other;             /* '%' when digraphs have to be looked for, else '#' */
	unsigned words;         /* enum lexer_words to look for between directives */
	size_t depth;           /* of parentheses in the text, when there are words */
};

enum lexer_words {
	LEXER_WORDS_PRAGMA = 1 << 0,    /* _Pragma */
	LEXER_WORDS_PUSH_POP = 1 << 1,  /* ...PUSH..., ...POP... alone on a line */
	LEXER_WORDS_MACRO = 1 << 2,     /* push_macro, pop_macro */
	LEXER_WORDS_GCC = 1 << 3,       /* GCC target and the like, not in a pragma */
	LEXER_WORDS_IMPORT = 1 << 4,
	LEXER_WORDS_ASSEMBLER = 1 << 5  /* .incbin, .include */
};

/* The lexer works on its own copy of text. */
void
lexer_init(struct lexer *l, const char *text, size_t length, unsigned mode);
void
lexer_release(struct lexer *l);
enum lexer_event
lexer_next(struct lexer *l);

/* For the modules that share the work: */
/* p is at a backslash: the end of the line splice that it begins, or NULL. */
const char *
lexer_splice_end(const char *p);
/* p is at a newline: does a backslash take it away? */
bool
lexer_is_spliced(const struct lexer *l, const char *p);
/* Is what stands before p on its logical line nothing but blanks and comments? */
bool
lexer_is_first(const struct lexer *l, const char *p);
/* The end of the literal whose quote is at p, a raw one too; the newline (or NUL) where one without an end stops. */
const char *
lexer_skip_literal(struct lexer *l, const char *p);
/* The end of the comment that begins at p; p itself if there is none. */
const char *
lexer_skip_comment(struct lexer *l, const char *p);
/* Copies p up to end, without splices, to out, which has room. Returns the end of the copy. */
char *
lexer_copy_unspliced(char *out, const char *p, const char *end);
/* The number of the line of p, which is behind all those asked for before. */
uint32_t
lexer_line(struct lexer *l, const char *p);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PROGRAM_H
#define DCC_PROGRAM_H

#include <stddef.h>

/*
 * A file reduced once to its directives, to be executed for each translation unit that reads it.
 * Pure; knows nothing of where the file lies.
 */
struct symbols; /* the interner of identifiers: one per process (symbols.h) */
struct program;

/* What language the file is read as. Only bits that matter to a text make a difference: program_mode_mask. */
enum program_mode {
	PROGRAM_CXX = 1 << 0,
	PROGRAM_ASSEMBLER = 1 << 1,      /* .S */
	PROGRAM_LINE_COMMENTS = 1 << 2,  /* "//" begins a comment: not in -std=c89, -ansi */
	PROGRAM_TRIGRAPHS = 1 << 3,
	PROGRAM_RAW_STRINGS = 1 << 4,    /* C++11, gnu99 */
	PROGRAM_DIGIT_SEPARATORS = 1 << 5, /* C++14, C23 */
	PROGRAM_ELIFDEF = 1 << 6,        /* #elifdef, #elifndef are directives for this compiler */
	PROGRAM_CLANG = 1 << 7           /* clang's rules where it differs from gcc */
};

/* Never fails: what is not modelled becomes an instruction that says so when it is reached. text may be freed afterwards. */
struct program *
program_new(struct symbols *symbols, const char *text, size_t len, unsigned mode);
void
program_free(struct program *p);
/* The bits of enum program_mode that make a difference to this text. */
unsigned
program_mode_mask(const struct program *p);
/* Bytes of memory that it holds. */
size_t
program_memory(const struct program *p);

#endif

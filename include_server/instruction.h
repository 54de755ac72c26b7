/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_INSTRUCTION_H
#define DCC_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "macros.h"
#include "program.h"
#include "symbols.h"
#include "tokens.h"

/* The inside of a program, for those who make and execute it. */

enum operation {
	OPERATION_END,
	OPERATION_DEFINE,        /* symbol; target: index of its macro */
	OPERATION_UNDEF,         /* symbol */
	OPERATION_IFDEF,         /* symbol; target: where to go on when it is not defined */
	OPERATION_IFNDEF,
	OPERATION_IF,            /* condition; target: where to go on when it is false */
	OPERATION_JUMP,          /* target */
	OPERATION_INCLUDE,       /* symbol: the name; target: enum include_flag */
	OPERATION_COMPUTED,      /* the same with a text that is expanded first */
	OPERATION_EMBED,         /* text */
	OPERATION_LINE,          /* text behind "line" */
	OPERATION_MARKER,        /* text behind '#': 33 "name" 1 */
	OPERATION_ONCE,
	OPERATION_SYSTEM_HEADER,
	OPERATION_PUSH,          /* symbol: of push_macro */
	OPERATION_POP,
	OPERATION_POISON,        /* symbol */
	OPERATION_DEPENDENCY,    /* text */
	OPERATION_TARGET,        /* target: enum target_change */
	OPERATION_WORD,          /* symbol: a word alone on its line */
	OPERATION_READ,          /* symbol: name of a file that the assembler reads */
	OPERATION_IMPORT,
	OPERATION_UNKNOWN,       /* a directive that is none, except in assembler */
	OPERATION_CLANG_ONLY,    /* the next instruction is skipped by gcc */
	OPERATION_FAIL           /* target: enum unmodelled; text */
};

enum include_flag {
	INCLUDE_ANGLE = 1 << 0,
	INCLUDE_NEXT = 1 << 1,
	INCLUDE_IMPORT = 1 << 2
};

enum target_change { TARGET_CHANGE, OPTIMIZE_CHANGE, OPTIONS_PUSH, OPTIONS_POP, OPTIONS_RESET, VECTORS_OFF };

/* #if and #elif, as text until first evaluated. */
struct condition {
	const char *text;
	struct token *tokens;
	size_t count;
};

struct instruction {
	uint32_t operation : 6;
	uint32_t is_multiline : 1; /* its lines are several, so __LINE__ in it is not known */
	uint32_t line : 25;
	uint32_t target;
	union {
		struct symbol *symbol;
		struct condition *condition;
		const char *text;
		size_t offset;         /* while the program is being made */
	};
};

struct program {
	struct symbols *symbols;
	struct symbol *guard;      /* defined: the program does nothing; NULL: there is none */
	struct instruction *code;
	struct macro *macros;
	struct condition *conditions;
	size_t macro_count, condition_count;
	size_t memory;
	unsigned mode, mask;
};

/* The tokens of a condition. */
void
program_tokenise(const struct program *p, struct condition *c);

#endif

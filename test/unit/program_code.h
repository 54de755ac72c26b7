/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program's instructions as a text. */
#ifndef DCC_TEST_PROGRAM_CODE_H
#define DCC_TEST_PROGRAM_CODE_H

#include <stdio.h>
#include <string.h>

#include "instruction.h"

#define CODE_GNU (PROGRAM_LINE_COMMENTS | PROGRAM_RAW_STRINGS | PROGRAM_ELIFDEF)

/* "NUMBER:operation operand >target; " for each instruction but the last, which is "end". */
static inline const char *
code_of(const char *text, unsigned mode)
{
	static char out[4000];
	static const char *const names[] = {
		"end", "define", "undef", "ifdef", "ifndef", "if", "jump", "include", "computed", "embed", "line", "marker", "once",
		"system", "push", "pop", "poison", "dependency", "target", "word", "read", "import", "unknown", "clang", "fail",
	};
	struct symbols *symbols = symbols_new();
	struct program *p = program_new(symbols, text, strlen(text), mode);
	char *at = out, *end = out + sizeof(out);

	out[0] = '\0';
	for (unsigned i = 0; p->code[i].operation != OPERATION_END; i++) {
		const struct instruction *n = &p->code[i];
		const char *operand = "";

		switch ((int)n->operation) {
		case OPERATION_IF:
			operand = n->condition->text;
			break;
		case OPERATION_JUMP:
		case OPERATION_ONCE:
		case OPERATION_SYSTEM_HEADER:
		case OPERATION_TARGET:
		case OPERATION_IMPORT:
		case OPERATION_CLANG_ONLY:
			break;
		case OPERATION_COMPUTED:
		case OPERATION_EMBED:
		case OPERATION_LINE:
		case OPERATION_MARKER:
		case OPERATION_DEPENDENCY:
		case OPERATION_FAIL:
			operand = n->text;
			break;
		default:
			operand = n->symbol->name;
			break;
		}
		at += snprintf(at, (size_t)(end - at), "%u:%s", i, names[n->operation]);
		if (n->operation == OPERATION_FAIL)
			at += snprintf(at, (size_t)(end - at), "(%s)", unmodelled_word((enum unmodelled)n->target));
		if (*operand != '\0')
			at += snprintf(at, (size_t)(end - at), " %s", operand);
		if (n->operation == OPERATION_DEFINE)
			at += snprintf(at, (size_t)(end - at), "%s", p->macros[n->target].text);
		else if (n->operation >= OPERATION_IFDEF && n->operation <= OPERATION_JUMP)
			at += snprintf(at, (size_t)(end - at), " >%u", (unsigned)n->target);
		else if (n->target != 0 && n->operation != OPERATION_FAIL)
			at += snprintf(at, (size_t)(end - at), " =%u", (unsigned)n->target);
		at += snprintf(at, (size_t)(end - at), "; ");
	}
	if (p->guard != NULL)
		snprintf(at, (size_t)(end - at), "guard %s", p->guard->name);
	program_free(p);
	symbols_free(symbols);
	return out;
}

#define assert_code(text, expected) assert_string_equal(code_of(text, CODE_GNU), expected)

#endif

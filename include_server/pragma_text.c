/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "mode.h"
#include "pragma_text.h"
#include "xalloc.h"

struct pragma {
	struct builder *builder;
	const struct lexer *lexer;
	const struct token *tokens; /* behind the pragma's own name */
	size_t count;
	const char *text, *end;     /* the same as text */
};

static void
once(const struct pragma *p)
{
	directives_emit(p->builder, p->lexer, OPERATION_ONCE);
}

static void
system_header(const struct pragma *p)
{
	directives_emit(p->builder, p->lexer, OPERATION_SYSTEM_HEADER);
}

/* ("name") */
static void
stack(const struct pragma *p, enum operation operation)
{
	if (p->count < 3 || p->tokens[0].kind != TOKEN_OPEN || p->tokens[1].kind != TOKEN_STRING ||
	    p->tokens[2].kind != TOKEN_CLOSE)
		return;
	const struct token *name = &p->tokens[1];

	directives_emit(p->builder, p->lexer, operation)->symbol =
		symbols_intern(p->builder->symbols, name->text + 1, name->length - 2);
}

static void
push(const struct pragma *p)
{
	stack(p, OPERATION_PUSH);
}

static void
pop(const struct pragma *p)
{
	stack(p, OPERATION_POP);
}

static void
poison(const struct pragma *p)
{
	for (size_t i = 0; i < p->count && p->tokens[i].kind == TOKEN_NAME; i++)
		directives_emit(p->builder, p->lexer, OPERATION_POISON)->symbol = p->tokens[i].symbol;
}

static void
dependency(const struct pragma *p)
{
	directives_emit_text(p->builder, p->lexer, OPERATION_DEPENDENCY, p->text, (size_t)(p->end - p->text));
}

static void
error(const struct pragma *p)
{
	directives_fail(p->builder, p->lexer, UNMODELLED_ERROR, "#pragma GCC error");
}

static void
precompiled(const struct pragma *p)
{
	directives_fail(p->builder, p->lexer, UNMODELLED_PRECOMPILED, "");
}

static void
alias(const struct pragma *p)
{
	directives_fail(p->builder, p->lexer, UNMODELLED_EXTENSION, "#pragma include_alias");
}

static void
module(const struct pragma *p)
{
	directives_fail(p->builder, p->lexer, UNMODELLED_MODULE, "");
}

static void
change(const struct pragma *p, enum target_change change)
{
	directives_emit(p->builder, p->lexer, OPERATION_TARGET)->target = (uint32_t)change;
}

static bool
is_general_registers(const struct pragma *p)
{
	static const char name[] = "\"general-regs-only\"";
	const struct token *t = p->tokens;

	return p->count == 3 && t[0].kind == TOKEN_OPEN && t[1].kind == TOKEN_STRING && t[2].kind == TOKEN_CLOSE &&
	       t[1].length == sizeof(name) - 1 && memcmp(t[1].text, name, sizeof(name) - 1) == 0;
}

static void
target(const struct pragma *p)
{
	change(p, is_general_registers(p) ? VECTORS_OFF : TARGET_CHANGE);
}

static void
optimize(const struct pragma *p)
{
	change(p, OPTIMIZE_CHANGE);
}

static void
push_options(const struct pragma *p)
{
	change(p, OPTIONS_PUSH);
}

static void
pop_options(const struct pragma *p)
{
	change(p, OPTIONS_POP);
}

static void
reset_options(const struct pragma *p)
{
	change(p, OPTIONS_RESET);
}

enum pragma_of { OF_ALL = 1, OF_GCC = 2, OF_CLANG = 4 };

/* A name behind "GCC" is known to both compilers, one behind "clang" to clang alone. */
static const struct {
	const char *name;
	void (*add)(const struct pragma *p);
	unsigned of; /* where it stands: alone, behind GCC, behind clang */
	bool only_clang;
} rows[] = {
	{"once", once, OF_ALL, false},
	{"push_macro", push, OF_ALL, false},
	{"pop_macro", pop, OF_ALL, false},
	{"system_header", system_header, OF_GCC | OF_CLANG, false},
	{"poison", poison, OF_GCC | OF_CLANG, false},
	{"dependency", dependency, OF_GCC | OF_CLANG, false},
	{"error", error, OF_GCC, false},
	{"pch_preprocess", precompiled, OF_GCC, false},
	{"target", target, OF_GCC, false},
	{"optimize", optimize, OF_GCC, false},
	{"push_options", push_options, OF_GCC, false},
	{"pop_options", pop_options, OF_GCC, false},
	{"reset_options", reset_options, OF_GCC, false},
	{"hdrstop", precompiled, OF_ALL, true},
	{"include_alias", alias, OF_ALL, true},
	{"module", module, OF_CLANG, true},
};

static bool
is_name(const struct token *t, const char *name)
{
	return t->kind == TOKEN_NAME && strcmp(t->symbol->name, name) == 0;
}

/* Where the text goes on behind so many tokens. */
static const char *
behind(struct builder *b, const char *text, size_t length, size_t count)
{
	struct tokeniser t = {b->symbols, text, text + length, b->mode, false};
	struct token token;

	for (; count > 0; count--)
		tokens_read(&t, &token);
	return t.at;
}

void
pragma_text_add(struct builder *b, const struct lexer *l, const char *text, size_t length)
{
	struct tokeniser t = {b->symbols, text, text + length, b->mode, false};
	struct token_list *list = &b->tokens;
	unsigned of = OF_ALL;
	size_t i = 0;

	list->count = 0;
	token_list_read(list, &t);
	if (list->count > 0 && is_name(&list->items[0], "GCC"))
		of = OF_GCC;
	else if (list->count > 0 && is_name(&list->items[0], "clang"))
		of = OF_CLANG;
	if (of != OF_ALL)
		i++;
	for (size_t k = 0; i < list->count && k < sizeof(rows) / sizeof(rows[0]); k++) {
		if ((rows[k].of & of) == 0 || !is_name(&list->items[i], rows[k].name))
			continue;
		struct pragma p = {b, l, &list->items[i + 1], list->count - i - 1, behind(b, text, length, i + 1), text + length};

		if (of == OF_CLANG || rows[k].only_clang)
			directives_emit(b, l, OPERATION_CLANG_ONLY);
		rows[k].add(&p);
		return;
	}
}

/* In place: backslash before '"' and '\' goes. */
static size_t
unescape(char *text, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++) {
		if (text[i] == '\\' && i + 1 < length && (text[i + 1] == '\\' || text[i + 1] == '"'))
			i++;
		text[n++] = text[i];
	}
	return n;
}

void
pragma_text_add_quoted(struct builder *b, const struct lexer *l, const char *text, size_t length)
{
	char *copy = xstrndup(text, length);

	pragma_text_add(b, l, copy, unescape(copy, length));
	free(copy);
}

const char *
pragma_text_next(const char **text, const char *end, size_t *length)
{
	static const char word[] = "_Pragma";
	const char *p = *text;

	for (; (size_t)(end - p) >= sizeof(word) - 1; p++) {
		if (memcmp(p, word, sizeof(word) - 1) != 0)
			continue;
		p += sizeof(word) - 1;
		for (; p < end && (*p == ' ' || *p == '('); p++)
			;
		if (p == end || *p != '"')
			break;
		const char *begin = ++p;

		for (; p < end && *p != '"'; p++) {
			if (*p == '\\')
				p++;
		}
		if (p >= end)
			break;
		*length = (size_t)(p - begin);
		for (p++; p < end && (*p == ' ' || *p == ')'); p++)
			;
		*text = p;
		return begin;
	}
	*text = end;
	return NULL;
}

bool
pragma_text_is_list(const char *text, size_t length)
{
	const char *end = text + length;
	size_t n;

	while (text < end) {
		for (; text < end && *text == ' '; text++)
			;
		if ((size_t)(end - text) < 7 || memcmp(text, "_Pragma", 7) != 0 || pragma_text_next(&text, end, &n) == NULL)
			return false;
	}
	return true;
}

bool
pragma_text_has_effect(struct builder *b, const char *text, size_t length)
{
	const char *end = text + length, *string;
	size_t n;

	while ((string = pragma_text_next(&text, end, &n)) != NULL) {
		struct builder scratch = {.symbols = b->symbols, .mode = b->mode};
		struct lexer l = {0};

		pragma_text_add_quoted(&scratch, &l, string, n);
		bool has_effect = scratch.code.len > 0;

		directives_release(&scratch);
		if (has_effect)
			return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directives that are no conditionals (branches.c) and no pragmas (pragma_text.c).
 */
#include <stdlib.h>
#include <string.h>

#include "branches.h"
#include "directives.h"
#include "mode.h"
#include "pragma_text.h"
#include "xalloc.h"

/* What a program may need while it is made; far above any real source, far below BUFFER_MAX. */
#define PROGRAM_MAX ((size_t)128 << 20)
#define LINE_MAX_NUMBER ((1u << 25) - 1)
#define MESSAGE_MAX 80u

struct instruction *
directives_emit(struct builder *b, const struct lexer *l, enum operation operation)
{
	struct instruction n = {.operation = operation, .is_multiline = l->is_multiline, .line = l->line & LINE_MAX_NUMBER};

	if (b->code.len + b->text.len > PROGRAM_MAX || l->line > LINE_MAX_NUMBER)
		b->broken = UNMODELLED_LIMIT;
	buffer_add(&b->code, &n, sizeof(n));
	return (struct instruction *)(void *)(b->code.data + b->code.len - sizeof(n));
}

/* Adds a string; its offset. The first byte is the empty one. */
static size_t
add_text(struct builder *b, const char *text, size_t length)
{
	if (b->text.len == 0)
		buffer_add(&b->text, "", 1);
	if (length == 0)
		return 0;
	size_t offset = b->text.len;

	buffer_add(&b->text, text, length);
	buffer_add(&b->text, "", 1);
	return offset;
}

struct instruction *
directives_emit_text(struct builder *b, const struct lexer *l, enum operation operation, const char *text, size_t length)
{
	size_t offset = add_text(b, text, length);
	struct instruction *n = directives_emit(b, l, operation);

	n->offset = offset;
	return n;
}

void
directives_fail(struct builder *b, const struct lexer *l, enum unmodelled why, const char *what)
{
	directives_emit_text(b, l, OPERATION_FAIL, what, strlen(what))->target = (uint32_t)why;
}

bool
directives_has_text(enum operation operation)
{
	return operation == OPERATION_COMPUTED || operation == OPERATION_EMBED || operation == OPERATION_LINE ||
	       operation == OPERATION_MARKER || operation == OPERATION_DEPENDENCY || operation == OPERATION_FAIL;
}

size_t
directives_add_condition(struct builder *b, const struct rest *r)
{
	uint32_t offset = (uint32_t)add_text(b, r->text, r->length);

	buffer_add(&b->conditions, &offset, sizeof(offset));
	return b->conditions.len / sizeof(offset) - 1;
}

struct symbol *
directives_take_name(struct builder *b, struct rest *r)
{
	const char *end = tokens_skip_name(r->text, r->text + r->length, b->mode);
	size_t length = (size_t)(end - r->text);

	if (length == 0 || tokens_is_digit((unsigned char)*r->text))
		return NULL;
	if (length < r->length && (*end == '\\' || *end == '"' || *end == '\''))
		return NULL;
	struct symbol *symbol = symbols_intern(b->symbols, r->text, length);

	r->text = end;
	r->length -= length;
	return symbol;
}

static bool
contains(const struct rest *r, const char *word)
{
	size_t length = strlen(word);

	for (size_t i = 0; i + length <= r->length; i++) {
		if (memcmp(r->text + i, word, length) == 0)
			return true;
	}
	return false;
}

/* Does the body act where the macro is used in the text, which nobody sees? */
static enum unmodelled
hidden_effect(struct builder *b, const struct lexer *l, const struct symbol *name, const struct rest *body)
{
	if ((l->words & LEXER_WORDS_ASSEMBLER) != 0 && (contains(body, ".incbin") || contains(body, ".include \\\"")))
		return UNMODELLED_ASSEMBLER;
	if (contains(body, "push_macro") || contains(body, "pop_macro")) {
		bool is_word = strstr(name->name, "PUSH") != NULL || strstr(name->name, "POP") != NULL;

		return is_word && pragma_text_is_list(body->text, body->length) ? UNMODELLED_NONE : UNMODELLED_PRAGMA;
	}
	if (contains(body, "_Pragma") && pragma_text_has_effect(b, body->text, body->length))
		return UNMODELLED_PRAGMA;
	return UNMODELLED_NONE;
}

static void
define(struct builder *b, const struct lexer *l, struct rest *r)
{
	struct symbol *name = directives_take_name(b, r);

	if (name == NULL || name->special == SPECIAL_DEFINED) {
		directives_fail(b, l, UNMODELLED_SYNTAX, "#define");
		return;
	}
	enum unmodelled why = l->words != 0 ? hidden_effect(b, l, name, r) : UNMODELLED_NONE;

	if (why != UNMODELLED_NONE) {
		directives_fail(b, l, why, name->name);
		return;
	}
	uint32_t offset = (uint32_t)add_text(b, r->text, r->length);
	struct instruction *n = directives_emit(b, l, OPERATION_DEFINE);

	n->symbol = name;
	n->target = (uint32_t)(b->macros.len / sizeof(offset));
	buffer_add(&b->macros, &offset, sizeof(offset));
}

static void
undef(struct builder *b, const struct lexer *l, struct rest *r)
{
	struct symbol *name = directives_take_name(b, r);

	if (name == NULL || name->special == SPECIAL_DEFINED)
		directives_fail(b, l, UNMODELLED_SYNTAX, "#undef");
	else
		directives_emit(b, l, OPERATION_UNDEF)->symbol = name;
}

static void
add_include(struct builder *b, const struct lexer *l, const struct rest *r, unsigned flags)
{
	char quote = r->length > 0 && *r->text == '<' ? '>' : '"';
	const char *end = r->length > 1 && (*r->text == '<' || *r->text == '"') ? memchr(r->text + 1, quote, r->length - 1)
	                                                                      : NULL;

	if (end == NULL) {
		directives_emit_text(b, l, OPERATION_COMPUTED, r->text, r->length)->target = flags;
	} else if (end == r->text + 1) {
		directives_fail(b, l, UNMODELLED_SYNTAX, "#include of an empty name");
	} else {
		/* For clang a backslash hides a quote. */
		if (quote == '"' && memchr(r->text, '\\', r->length) != NULL) {
			directives_emit(b, l, OPERATION_CLANG_ONLY);
			directives_fail(b, l, UNMODELLED_EXTENSION, "a backslash in a file's name");
		}
		struct instruction *n = directives_emit(b, l, OPERATION_INCLUDE);

		n->symbol = symbols_intern(b->symbols, r->text + 1, (size_t)(end - r->text) - 1);
		n->target = flags | (quote == '>' ? INCLUDE_ANGLE : 0);
	}
}

static void
include(struct builder *b, const struct lexer *l, struct rest *r)
{
	add_include(b, l, r, 0);
}

static void
include_next(struct builder *b, const struct lexer *l, struct rest *r)
{
	add_include(b, l, r, INCLUDE_NEXT);
}

static void
import(struct builder *b, const struct lexer *l, struct rest *r)
{
	add_include(b, l, r, INCLUDE_IMPORT);
}

static void
embed(struct builder *b, const struct lexer *l, struct rest *r)
{
	directives_emit_text(b, l, OPERATION_EMBED, r->text, r->length);
}

static void
line(struct builder *b, const struct lexer *l, struct rest *r)
{
	directives_emit_text(b, l, OPERATION_LINE, r->text, r->length);
}

static void
error(struct builder *b, const struct lexer *l, struct rest *r)
{
	size_t length = r->length < MESSAGE_MAX ? r->length : MESSAGE_MAX;

	directives_emit_text(b, l, OPERATION_FAIL, r->text, length)->target = UNMODELLED_ERROR;
}

static void
assertion(struct builder *b, const struct lexer *l, struct rest *r)
{
	(void)r;
	directives_fail(b, l, UNMODELLED_ASSERT, "");
}

static void
ignore(struct builder *b, const struct lexer *l, struct rest *r)
{
	(void)b;
	(void)l;
	(void)r;
}

static void
pragma(struct builder *b, const struct lexer *l, struct rest *r)
{
	pragma_text_add(b, l, r->text, r->length);
}

static const struct row {
	const char *name;
	void (*add)(struct builder *b, const struct lexer *l, struct rest *r);
	bool is_conditional; /* counts where nothing is live, too */
} rows[] = {
	{"define", define, false},
	{"include", include, false},
	{"endif", branches_endif, true},
	{"ifdef", branches_ifdef, true},
	{"if", branches_if, true},
	{"ifndef", branches_ifndef, true},
	{"else", branches_else, true},
	{"elif", branches_elif, true},
	{"undef", undef, false},
	{"pragma", pragma, false},
	{"error", error, false},
	{"include_next", include_next, false},
	{"elifdef", branches_elifdef, true},
	{"elifndef", branches_elifndef, true},
	{"import", import, false},
	{"warning", ignore, false},
	{"line", line, false},
	{"embed", embed, false},
	{"ident", ignore, false},
	{"sccs", ignore, false},
	{"assert", assertion, false},
	{"unassert", assertion, false},
};

static const struct row *
find_row(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].name[0] == name[0] && strlen(rows[i].name) == length && memcmp(rows[i].name, name, length) == 0)
			return &rows[i];
	}
	return NULL;
}

/* A directive that is no word: nothing at all, a line marker, or unknown. */
static void
add_nameless(struct builder *b, const struct lexer *l)
{
	if (l->length == 0 || branches_are_dead(b) || (b->mode & PROGRAM_ASSEMBLER) != 0)
		return;
	if (tokens_is_digit((unsigned char)*l->text))
		directives_emit_text(b, l, OPERATION_MARKER, l->text, l->length);
	else
		directives_fail(b, l, UNMODELLED_DIRECTIVE, "");
}

static void
add_unknown(struct builder *b, const struct lexer *l, const char *name, size_t length)
{
	/* In assembler it may be a comment. */
	if (branches_are_dead(b) || (b->mode & PROGRAM_ASSEMBLER) != 0)
		return;
	directives_emit_text(b, l, OPERATION_FAIL, name, length < MESSAGE_MAX ? length : MESSAGE_MAX)->target =
		UNMODELLED_DIRECTIVE;
}

static void
add_directive(struct builder *b, const struct lexer *l)
{
	const char *end = tokens_skip_name(l->text, l->text + l->length, b->mode);
	size_t length = (size_t)(end - l->text);
	struct rest r = {end, l->length - length};

	if (length == 0 || tokens_is_digit((unsigned char)*l->text)) {
		add_nameless(b, l);
		return;
	}
	for (; r.length > 0 && (*r.text == ' ' || *r.text == '\t' || *r.text == '\f' || *r.text == '\v'); r.length--)
		r.text++;
	const struct row *row = find_row(l->text, length);

	if (row != NULL && strncmp(row->name, "elif", 4) == 0 && length > 4) {
		b->mask |= PROGRAM_ELIFDEF;
		if ((b->mode & PROGRAM_ELIFDEF) == 0)
			row = NULL;
	}
	if (row == NULL)
		add_unknown(b, l, l->text, length);
	else if (row->is_conditional || !branches_are_dead(b))
		row->add(b, l, &r);
}

void
directives_add(struct builder *b, struct lexer *l, enum lexer_event event)
{
	if (event == LEXER_DIRECTIVE) {
		add_directive(b, l);
		return;
	}
	if (event == LEXER_END) {
		branches_finish(b, l);
		directives_emit(b, l, OPERATION_END);
		return;
	}
	if (branches_are_dead(b))
		return;
	switch (event) {
	case LEXER_PRAGMA:
		pragma_text_add_quoted(b, l, l->text, l->length);
		break;
	case LEXER_WORD:
		directives_emit(b, l, OPERATION_WORD)->symbol = symbols_intern(b->symbols, l->text, l->length);
		break;
	case LEXER_READ:
		if (l->length == 0)
			directives_fail(b, l, UNMODELLED_ASSEMBLER, "");
		else
			directives_emit(b, l, OPERATION_READ)->symbol = symbols_intern(b->symbols, l->text, l->length);
		break;
	case LEXER_IMPORT:
		directives_emit(b, l, OPERATION_IMPORT);
		break;
	case LEXER_UNMODELLED:
		directives_fail(b, l, l->why, "");
		break;
	case LEXER_DIRECTIVE:
	case LEXER_END:
		break;
	}
}

void
directives_break(struct builder *b, const struct lexer *l)
{
	struct lexer place = {.line = b->broken_line != 0 ? b->broken_line : l->line};
	enum unmodelled why = b->broken != UNMODELLED_NONE ? b->broken : l->broken;

	b->broken = UNMODELLED_NONE;
	buffer_clear(&b->code);
	buffer_clear(&b->macros);
	buffer_clear(&b->conditions);
	buffer_clear(&b->text);
	directives_fail(b, &place, why, b->what != NULL ? b->what : "");
	directives_emit(b, &place, OPERATION_END);
}

void
directives_release(struct builder *b)
{
	buffer_release(&b->code);
	buffer_release(&b->macros);
	buffer_release(&b->conditions);
	buffer_release(&b->text);
	token_list_release(&b->tokens);
	free(b->open);
	*b = (struct builder){0};
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "(a, b...) body" -> tokens. Parameters have become numbers, "#x" a parameter with TOKEN_STRINGIFY, and "a ## b"
 * an a with TOKEN_PASTED.
 */
#include <stdlib.h>
#include <string.h>

#include "macros.h"
#include "mode.h"
#include "xalloc.h"

#define PARAMETERS_MAX 65535u

struct parser {
	struct tokeniser tokeniser;
	struct definition head;
	struct token_list parameters; /* TOKEN_NAMEs */
	struct token_list body;
};

static bool
fail(struct parser *p, enum unmodelled why)
{
	p->head.why = why;
	return false;
}

static void
add_parameter(struct parser *p, struct symbol *symbol)
{
	struct token t = {.kind = TOKEN_NAME, .symbol = symbol};

	for (size_t i = 0; i < p->parameters.count; i++) {
		if (p->parameters.items[i].symbol == symbol)
			p->head.why = UNMODELLED_SYNTAX;
	}
	if (p->parameters.count == PARAMETERS_MAX)
		p->head.why = UNMODELLED_LIMIT;
	else
		token_list_add(&p->parameters, &t);
}

/* From behind the '(' to behind the ')'. */
static bool
parse_parameters(struct parser *p)
{
	struct token t;

	p->head.is_function = true;
	tokens_read(&p->tokeniser, &t);
	if (t.kind == TOKEN_CLOSE)
		return true;
	for (;; tokens_read(&p->tokeniser, &t)) {
		if (t.kind == TOKEN_ELLIPSIS) {
			add_parameter(p, symbols_special(p->tokeniser.symbols, SPECIAL_VA_ARGS));
			p->head.is_variadic = true;
			tokens_read(&p->tokeniser, &t);
			return t.kind == TOKEN_CLOSE ? p->head.why == UNMODELLED_NONE : fail(p, UNMODELLED_SYNTAX);
		}
		if (t.kind != TOKEN_NAME || t.symbol->special == SPECIAL_VA_ARGS)
			return fail(p, t.kind == TOKEN_UNMODELLED ? (enum unmodelled)t.number : UNMODELLED_SYNTAX);
		add_parameter(p, t.symbol);
		tokens_read(&p->tokeniser, &t);
		if (t.kind == TOKEN_ELLIPSIS) {
			p->head.is_variadic = true;
			tokens_read(&p->tokeniser, &t);
			return t.kind == TOKEN_CLOSE ? p->head.why == UNMODELLED_NONE : fail(p, UNMODELLED_SYNTAX);
		}
		if (t.kind == TOKEN_CLOSE)
			return p->head.why == UNMODELLED_NONE;
		if (t.kind != TOKEN_COMMA)
			return fail(p, UNMODELLED_SYNTAX);
	}
}

/* A parameter's name becomes its number. */
static void
resolve(struct parser *p, struct token *t)
{
	if (t->kind != TOKEN_NAME)
		return;
	for (size_t i = 0; i < p->parameters.count; i++) {
		if (p->parameters.items[i].symbol != t->symbol)
			continue;
		t->kind = TOKEN_PARAMETER;
		t->number = (uint16_t)i;
		return;
	}
	if (t->symbol->special == SPECIAL_VA_OPT && p->head.is_variadic)
		p->head.has_va_opt = true;
}

static bool
parse_body(struct parser *p)
{
	struct token t, next;
	bool is_paste = false, is_assembler = (p->tokeniser.mode & PROGRAM_ASSEMBLER) != 0;

	for (;;) {
		tokens_read(&p->tokeniser, &t);
		if (t.kind == TOKEN_END)
			break;
		if (t.kind == TOKEN_PASTE) {
			if (p->body.count == 0)
				return fail(p, UNMODELLED_SYNTAX);
			p->body.items[p->body.count - 1].flags |= TOKEN_PASTED;
			p->head.has_paste = is_paste = true;
			continue;
		}
		resolve(p, &t);
		if (t.kind == TOKEN_HASH && p->head.is_function) {
			struct tokeniser behind = p->tokeniser;
			uint8_t white = t.flags & TOKEN_WHITE;

			tokens_read(&p->tokeniser, &next);
			resolve(p, &next);
			if (next.kind == TOKEN_PARAMETER ||
			    (next.kind == TOKEN_NAME && next.symbol->special == SPECIAL_VA_OPT && p->head.is_variadic)) {
				t = next;
				t.flags = white | TOKEN_STRINGIFY;
			} else if (is_assembler) {
				p->tokeniser = behind;
			} else {
				return fail(p, UNMODELLED_SYNTAX);
			}
		}
		token_list_add(&p->body, &t);
		is_paste = false;
	}
	if (is_paste)
		return fail(p, UNMODELLED_SYNTAX);
	if (p->body.count > 0)
		p->body.items[0].flags &= (uint8_t)~TOKEN_WHITE;
	return true;
}

const struct definition *
macros_define(struct symbols *symbols, struct macro *m, unsigned mode)
{
	if (m->definition != NULL)
		return m->definition;
	struct parser p = {.tokeniser = {symbols, m->text, m->text + strlen(m->text), mode, false}};
	bool is_function = *m->text == '(';

	if (is_function)
		p.tokeniser.at++;
	if ((!is_function || parse_parameters(&p)) && !parse_body(&p))
		p.body.count = 0;
	p.head.parameter_count = (uint16_t)p.parameters.count;
	p.head.count = (uint32_t)p.body.count;
	p.head.memory = sizeof(p.head) + p.body.count * sizeof(struct token);
	m->definition = xmalloc(p.head.memory);
	struct token *tokens = (struct token *)(void *)(m->definition + 1);

	if (p.body.count > 0)
		memcpy(tokens, p.body.items, p.body.count * sizeof(struct token));
	p.head.tokens = tokens;
	*m->definition = p.head;
	symbols_account(symbols, p.head.memory, 0);
	token_list_release(&p.parameters);
	token_list_release(&p.body);
	return m->definition;
}

void
macros_release(struct symbols *symbols, struct macro *m)
{
	if (m->definition == NULL)
		return;
	symbols_account(symbols, 0, m->definition->memory);
	free(m->definition);
	m->definition = NULL;
}

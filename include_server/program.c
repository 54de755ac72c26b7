/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source -> instructions. Conditionals become jumps: IF goes to the next branch when it is false, and before
 * each further branch stands a JUMP to the end. What has no effect is left out: conditionals without
 * anything in them, "#if 0", unknown pragmas. A program is one block of memory: itself, its instructions, macros,
 * conditions, and the text that these need.
 */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "directives.h"
#include "instruction.h"
#include "lexer.h"
#include "program.h"
#include "xalloc.h"

static size_t
aligned(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

/* Offsets into the builder's text become pointers into the program's. */
static void
settle(struct program *p, const struct builder *b, const char *text)
{
	const uint32_t *macros = (const uint32_t *)(const void *)b->macros.data;
	const uint32_t *conditions = (const uint32_t *)(const void *)b->conditions.data;

	for (size_t i = 0; i < p->macro_count; i++)
		p->macros[i] = (struct macro){.text = text + macros[i]};
	for (size_t i = 0; i < p->condition_count; i++)
		p->conditions[i] = (struct condition){.text = text + conditions[i]};
	for (size_t i = 0; i < b->code.len / sizeof(struct instruction); i++) {
		struct instruction *n = &p->code[i];

		if (directives_has_text((enum operation)n->operation))
			n->text = text + n->offset;
		else if (n->operation == OPERATION_IF)
			n->condition = p->conditions + n->offset;
	}
}

static struct program *
assemble(struct builder *b)
{
	size_t code = aligned(sizeof(struct program));
	size_t macro_count = b->macros.len / sizeof(uint32_t), condition_count = b->conditions.len / sizeof(uint32_t);
	size_t macros = code + b->code.len;
	size_t conditions = macros + macro_count * sizeof(struct macro);
	size_t text = conditions + condition_count * sizeof(struct condition);
	size_t size = text + b->text.len;
	char *block = xmalloc(size);
	struct program *p = (struct program *)(void *)block;

	*p = (struct program){
		.symbols = b->symbols,
		.code = (struct instruction *)(void *)(block + code),
		.macros = (struct macro *)(void *)(block + macros),
		.conditions = (struct condition *)(void *)(block + conditions),
		.macro_count = macro_count,
		.condition_count = condition_count,
		.memory = size,
		.mode = b->mode,
		.mask = b->mask,
	};
	memcpy(p->code, b->code.data, b->code.len);
	if (b->text.len > 0)
		memcpy(block + text, b->text.data, b->text.len);
	settle(p, b, block + text);
	return p;
}

/* "#ifndef X" (or nothing but #pragma once before it) whose false branch is the end. */
static void
find_guard(struct program *p, size_t count)
{
	size_t i = 0;

	while (p->code[i].operation == OPERATION_ONCE)
		i++;
	if (p->code[i].operation == OPERATION_IFNDEF && p->code[i].target == count - 1)
		p->guard = p->code[i].symbol;
}

struct program *
program_new(struct symbols *symbols, const char *text, size_t len, unsigned mode)
{
	struct builder b = {.symbols = symbols, .mode = mode};
	struct lexer l = {0};
	enum lexer_event event;

	lexer_init(&l, text, len, mode);
	do {
		event = lexer_next(&l);
		directives_add(&b, &l, event);
	} while (event != LEXER_END && b.broken == UNMODELLED_NONE && l.broken == UNMODELLED_NONE);
	if (b.broken != UNMODELLED_NONE || l.broken != UNMODELLED_NONE)
		directives_break(&b, &l);
	b.mask |= l.mask;
	lexer_release(&l);

	struct program *p = assemble(&b);

	find_guard(p, b.code.len / sizeof(struct instruction));
	directives_release(&b);
	return p;
}

void
program_free(struct program *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->macro_count; i++)
		macros_release(p->symbols, &p->macros[i]);
	for (size_t i = 0; i < p->condition_count; i++) {
		symbols_account(p->symbols, 0, p->conditions[i].count * sizeof(struct token));
		free(p->conditions[i].tokens);
	}
	free(p);
}

unsigned
program_mode_mask(const struct program *p)
{
	return p->mask;
}

size_t
program_memory(const struct program *p)
{
	return p->memory;
}

void
program_tokenise(const struct program *p, struct condition *c)
{
	struct tokeniser t = {p->symbols, c->text, c->text + strlen(c->text), p->mode, false};
	struct token_list list = {0};
	static const struct token nothing = {0};

	token_list_read(&list, &t);
	c->count = list.count;
	/* One more, so that a condition without tokens is not tokenised again. */
	token_list_add(&list, &nothing);
	c->tokens = xrealloc(list.items, list.count * sizeof(struct token));
	symbols_account(p->symbols, c->count * sizeof(struct token), 0);
}

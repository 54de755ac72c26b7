/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * "#if A ... #elif B ... #else ... #endif" becomes
 *
 *         IF A else 1;  ...  JUMP 3
 *     1:  IF B else 2;  ...  JUMP 3
 *     2:  ...
 *     3:
 *
 * JUMPs wait for their target in a chain through it. "#if 0" and what follows "#if 1" is dead: nothing is made of it. A
 * conditional without anything in it vanishes if its conditions cannot matter: what has an identifier
 * outside of "defined" may hide a __has_include, so that stays.
 */
#include <string.h>

#include "branches.h"
#include "xalloc.h"

#define NONE UINT32_MAX
/* gcc and clang have no bound; each costs some bytes here. */
#define OPEN_MAX ((size_t)1 << 20)

struct branches {
	uint32_t first;      /* where its instructions begin */
	uint32_t branch;     /* the IF that waits for its target */
	uint32_t jumps;      /* the last JUMP that waits for the end */
	uint32_t skeleton;   /* IFs and JUMPs so far */
	uint32_t line;
	bool was_dead;       /* already outside */
	bool is_dead;        /* in the present group */
	bool is_taken;       /* a group before is always taken */
	bool has_else;
	bool matters;        /* its conditions have to be evaluated whatever is in it */
	size_t conditions, text; /* of the builder, at its beginning */
};

static struct instruction *
at(struct builder *b, uint32_t index)
{
	return (struct instruction *)(void *)b->code.data + index;
}

static uint32_t
count(const struct builder *b)
{
	return (uint32_t)(b->code.len / sizeof(struct instruction));
}

static struct branches *
innermost(struct builder *b)
{
	return &b->open[b->open_count - 1];
}

bool
branches_are_dead(const struct builder *b)
{
	return b->open_count > 0 && b->open[b->open_count - 1].is_dead;
}

static void
break_here(struct builder *b, const struct lexer *l, const char *what)
{
	b->broken = UNMODELLED_SYNTAX;
	b->broken_line = l->line;
	b->what = what;
}

/* Opens a conditional. False: it is dead. (The innermost one exists from here on until its #endif.) */
static bool
open_branches(struct builder *b, const struct lexer *l)
{
	bool is_dead = branches_are_dead(b);

	if (b->open_count == OPEN_MAX) {
		b->broken = UNMODELLED_LIMIT;
		return false;
	}
	if (b->open_count == b->open_cap) {
		b->open_cap = b->open_cap == 0 ? 16 : 2 * b->open_cap;
		b->open = xrealloc(b->open, b->open_cap * sizeof(*b->open));
	}
	b->open[b->open_count++] = (struct branches){
		.first = count(b),
		.branch = NONE,
		.jumps = NONE,
		.line = l->line,
		.was_dead = is_dead,
		.is_dead = is_dead,
		.conditions = b->conditions.len,
		.text = b->text.len,
	};
	return !is_dead;
}

/* The IF of the group that begins. */
static struct instruction *
emit_if(struct builder *b, const struct lexer *l, enum operation operation)
{
	struct branches *o = innermost(b);

	o->branch = count(b);
	o->skeleton++;
	return directives_emit(b, l, operation);
}

static void
add_ifdef(struct builder *b, const struct lexer *l, struct rest *r, enum operation operation)
{
	struct symbol *name = directives_take_name(b, r);

	if (name == NULL) {
		innermost(b)->matters = true;
		directives_fail(b, l, UNMODELLED_SYNTAX, "#ifdef of no name");
		emit_if(b, l, OPERATION_JUMP);
		return;
	}
	emit_if(b, l, operation)->symbol = name;
}

/* The name of "defined X" or "defined(X)" at the tokens, whose number is *used; NULL: they are something else. */
static struct symbol *
defined_name(const struct token *t, size_t left, size_t *used)
{
	if (left < 2 || t[0].kind != TOKEN_NAME || t[0].symbol->special != SPECIAL_DEFINED)
		return NULL;
	bool has_parentheses = t[1].kind == TOKEN_OPEN && left >= 4 && t[3].kind == TOKEN_CLOSE;
	const struct token *name = has_parentheses ? &t[2] : &t[1];

	*used = has_parentheses ? 4 : 2;
	return name->kind == TOKEN_NAME && name->symbol->special != SPECIAL_DEFINED ? name->symbol : NULL;
}

/* Has the condition anything whose value cannot be without effect? */
static bool
may_matter(const struct token_list *list)
{
	size_t i = 0, used;

	if (list->count == 0)
		return true;
	while (i < list->count) {
		if (defined_name(&list->items[i], list->count - i, &used) != NULL)
			i += used;
		else if (list->items[i].kind == TOKEN_NAME || list->items[i].kind == TOKEN_UNMODELLED)
			return true;
		else
			i++;
	}
	return false;
}

/* 0 or 1 when the condition is just that; -1. */
static int
constant(const struct token_list *list)
{
	const struct token *t = list->items;

	if (list->count != 1 || t->kind != TOKEN_NUMBER || t->length != 1 || (*t->text != '0' && *t->text != '1'))
		return -1;
	return *t->text - '0';
}

static void
add_condition(struct builder *b, const struct lexer *l, struct rest *r)
{
	struct branches *o = innermost(b);
	struct tokeniser t = {b->symbols, r->text, r->text + r->length, b->mode, false};
	struct token_list *list = &b->tokens;

	list->count = 0;
	token_list_read(list, &t);
	int value = constant(list);
	bool is_not = list->count > 0 && list->items[0].kind == TOKEN_NOT;
	size_t used = 0;
	struct symbol *name = list->count > 0 ? defined_name(list->items + is_not, list->count - is_not, &used) : NULL;

	if (value >= 0) {
		o->is_dead = value == 0;
		o->is_taken = value != 0;
	} else if (name != NULL && used + is_not == list->count) {
		emit_if(b, l, is_not ? OPERATION_IFNDEF : OPERATION_IFDEF)->symbol = name;
	} else {
		size_t index = directives_add_condition(b, r);

		emit_if(b, l, OPERATION_IF)->offset = index;
		o->matters = o->matters || may_matter(list);
	}
}

/* Ends the group before an #elif or #else. False: the new one is dead. */
static bool
next_group(struct builder *b, const struct lexer *l, const char *name)
{
	if (b->open_count == 0 || innermost(b)->has_else) {
		break_here(b, l, name);
		return false;
	}
	struct branches *o = innermost(b);

	if (o->was_dead)
		return false;
	if (o->is_taken) {
		o->is_dead = true;
		return false;
	}
	o->is_dead = false;
	if (o->branch != NONE) {
		struct instruction *jump = directives_emit(b, l, OPERATION_JUMP);

		jump->target = o->jumps;
		o->jumps = count(b) - 1;
		o->skeleton++;
		at(b, o->branch)->target = count(b);
		o->branch = NONE;
	}
	return true;
}

void
branches_if(struct builder *b, const struct lexer *l, struct rest *r)
{
	if (open_branches(b, l))
		add_condition(b, l, r);
}

void
branches_ifdef(struct builder *b, const struct lexer *l, struct rest *r)
{
	if (open_branches(b, l))
		add_ifdef(b, l, r, OPERATION_IFDEF);
}

void
branches_ifndef(struct builder *b, const struct lexer *l, struct rest *r)
{
	if (open_branches(b, l))
		add_ifdef(b, l, r, OPERATION_IFNDEF);
}

void
branches_elif(struct builder *b, const struct lexer *l, struct rest *r)
{
	if (next_group(b, l, "#elif"))
		add_condition(b, l, r);
}

void
branches_elifdef(struct builder *b, const struct lexer *l, struct rest *r)
{
	if (next_group(b, l, "#elifdef"))
		add_ifdef(b, l, r, OPERATION_IFDEF);
}

void
branches_elifndef(struct builder *b, const struct lexer *l, struct rest *r)
{
	if (next_group(b, l, "#elifndef"))
		add_ifdef(b, l, r, OPERATION_IFNDEF);
}

void
branches_else(struct builder *b, const struct lexer *l, struct rest *r)
{
	(void)r;
	next_group(b, l, "#else");
	if (b->broken == UNMODELLED_NONE)
		innermost(b)->has_else = true;
}

/* All that waits goes to the end. */
static void
patch(struct builder *b, const struct branches *o)
{
	if (o->branch != NONE)
		at(b, o->branch)->target = count(b);
	for (uint32_t i = o->jumps, next; i != NONE; i = next) {
		next = at(b, i)->target;
		at(b, i)->target = count(b);
	}
}

void
branches_endif(struct builder *b, const struct lexer *l, struct rest *r)
{
	(void)r;
	if (b->open_count == 0) {
		break_here(b, l, "#endif");
		return;
	}
	struct branches *o = innermost(b);

	if (!o->was_dead && !o->matters && count(b) == o->first + o->skeleton) {
		b->code.len = o->first * sizeof(struct instruction);
		b->conditions.len = o->conditions;
		b->text.len = o->text;
	} else if (!o->was_dead) {
		patch(b, o);
	}
	b->open_count--;
}

void
branches_finish(struct builder *b, const struct lexer *l)
{
	if (b->open_count == 0)
		return;
	break_here(b, l, "conditional without #endif");
	b->broken_line = innermost(b)->line;
}

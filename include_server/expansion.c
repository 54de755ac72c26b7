/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stack of levels: the directive's own tokens at the bottom, above them the replacement of each macro that is
 * being expanded. While a macro's level is there, its name is painted (TOKEN_NO_EXPAND) wherever it is read. An argument is
 * expanded behind a barrier, so that it cannot read what follows it.
 */
#include <stdlib.h>
#include <string.h>

#include "expansion.h"
#include "mode.h"
#include "substitution.h"
#include "taint.h"
#include "xalloc.h"

/* Of one directive; a stack that would overflow and a memory that would not end are not for real sources. */
#define NESTING_MAX 400u
#define MEMORY_MAX ((size_t)64 << 20)
#define BLOCK_SIZE ((size_t)32 << 10)

struct block {
	struct block *next;
	size_t size, used;
};

struct arena {
	struct block *blocks; /* the newest first; the oldest is kept */
	size_t size;
};

struct level {
	const struct token *at, *end;
	struct symbol *symbol; /* the macro that it replaces, or NULL */
	bool is_barrier;
};

static void
add_block(struct arena *a, size_t size)
{
	struct block *b = xmalloc(sizeof(*b) + size);

	*b = (struct block){a->blocks, size, 0};
	a->blocks = b;
	a->size += size;
}

static size_t
round_up(size_t size)
{
	return (size + 15) & ~(size_t)15;
}

void *
expansion_allocate(struct expansion *x, size_t size)
{
	size = round_up(size);
	if (x->arena == NULL) {
		x->arena = xcalloc(1, sizeof(*x->arena));
		add_block(x->arena, BLOCK_SIZE);
	}
	if (x->arena->blocks->size - x->arena->blocks->used < size) {
		if (x->arena->size + size > MEMORY_MAX)
			expansion_fail(x, UNMODELLED_LIMIT, "memory of an expansion");
		add_block(x->arena, size > BLOCK_SIZE ? size : BLOCK_SIZE);
	}
	struct block *b = x->arena->blocks;
	void *p = (char *)(b + 1) + b->used;

	b->used += size;
	return p;
}

bool
expansion_extend(struct expansion *x, const void *p, size_t old_size, size_t size)
{
	struct block *b = x->arena != NULL ? x->arena->blocks : NULL;
	size_t more = round_up(size) - round_up(old_size);

	if (b == NULL || p == NULL || (const char *)p + round_up(old_size) != (const char *)(b + 1) + b->used ||
	    b->size - b->used < more)
		return false;
	b->used += more;
	return true;
}

static void
free_blocks(struct arena *a, bool keeps_one)
{
	while (a->blocks != NULL && (!keeps_one || a->blocks->next != NULL)) {
		struct block *next = a->blocks->next;

		a->size -= a->blocks->size;
		free(a->blocks);
		a->blocks = next;
	}
	if (a->blocks != NULL)
		a->blocks->used = 0;
}

static void
pop(struct expansion *x)
{
	struct symbol *symbol = x->levels[--x->depth].symbol;

	if (symbol != NULL)
		symbol->disabled = 0;
}

static struct level *
push(struct expansion *x, const struct token *tokens, size_t count)
{
	if (x->depth == x->cap) {
		x->cap = x->cap == 0 ? 64 : 2 * x->cap;
		x->levels = xrealloc(x->levels, x->cap * sizeof(*x->levels));
	}
	struct level *l = &x->levels[x->depth++];

	*l = (struct level){tokens, count > 0 ? tokens + count : tokens, NULL, false};
	return l;
}

void
expansion_release(struct expansion *x)
{
	while (x->depth > 0)
		pop(x);
	if (x->arena != NULL)
		free_blocks(x->arena, false);
	free(x->arena);
	free(x->levels);
	*x = (struct expansion){0};
}

void
expansion_fail(struct expansion *x, enum unmodelled why, const char *what)
{
	if (x->why != UNMODELLED_NONE)
		return;
	x->why = why;
	x->what = what;
}

void
expansion_begin(struct expansion *x, const struct token *tokens, size_t count)
{
	while (x->depth > 0)
		pop(x);
	if (x->arena != NULL && x->arena->blocks->used > 0)
		free_blocks(x->arena, true);
	x->nesting = 0;
	x->unused = 0;
	x->has_white = false;
	push(x, tokens, count)->is_barrier = true;
}

struct macro *
expansion_doubtful(struct expansion *x)
{
	/* Nothing else has this place: "defined" is no macro. */
	return &x->builtins[SPECIAL_DEFINED];
}

bool
expansion_is_uncertain(const struct expansion *x, const struct symbol *name)
{
	const struct macro *m = name->epoch == x->epoch ? name->macro : NULL;

	return x->taint != 0 && (m == NULL || (m >= x->predefined && m < x->predefined_end)) &&
	       taint_has(x->taint, name->name, m != NULL ? TAINT_PREDEFINED : TAINT_UNDEFINED);
}

struct macro *
expansion_find(struct expansion *x, struct symbol *name)
{
	struct macro *m = name->epoch == x->epoch ? name->macro : NULL;

	if (x->taint != 0 && expansion_is_uncertain(x, name))
		expansion_fail(x, UNMODELLED_TARGET, name->name);
	if (m == expansion_doubtful(x)) {
		expansion_fail(x, UNMODELLED_TARGET, name->name);
		return NULL;
	}
	if (name->epoch == x->epoch || name->special < SPECIAL_FIRST_MACRO)
		return m;
	enum special special = (enum special)name->special;

	name->epoch = x->epoch;
	name->macro = special < SPECIAL_FIRST_ASKED || x->has_builtin(x->context, special) ? &x->builtins[special] : NULL;
	return name->macro;
}

bool
expansion_is_builtin(const struct expansion *x, const struct macro *m)
{
	return m >= x->builtins && m < x->builtins + SPECIAL_COUNT;
}

static void
end(struct token *t)
{
	*t = (struct token){.kind = TOKEN_END, .text = ""};
}

/* The next token as it stands. */
static void
read_token(struct expansion *x, struct token *t)
{
	while (x->why == UNMODELLED_NONE) {
		struct level *l = &x->levels[x->depth - 1];

		if (l->at < l->end) {
			*t = *l->at++;
			if (++x->steps > x->steps_max)
				expansion_fail(x, UNMODELLED_LIMIT, "steps");
			if (x->has_white)
				t->flags |= TOKEN_WHITE;
			x->has_white = false;
			return;
		}
		if (l->is_barrier)
			break;
		pop(x);
	}
	end(t);
}

void
expansion_next_raw(struct expansion *x, struct token *t)
{
	read_token(x, t);
	/* A name that is read where its macro is being expanded stays unexpanded for ever. */
	if (t->kind == TOKEN_NAME && t->symbol->disabled)
		t->flags |= TOKEN_NO_EXPAND;
	if (t->kind == TOKEN_UNMODELLED) {
		expansion_fail(x, (enum unmodelled)t->number, NULL);
		end(t);
	}
}

void
expansion_unread(struct expansion *x, const struct token *t)
{
	struct token *copy = expansion_allocate(x, sizeof(*copy));

	*copy = *t;
	push(x, copy, 1);
}

/* clang's first token has the space before the macro's name, and a replacement without tokens gives it to the next. */
static void
push_replacement(struct expansion *x, const struct token *name, const struct token *tokens, size_t count)
{
	if (x->wants_padding && (x->mode & PROGRAM_CLANG) != 0 && count > 0) {
		struct token *copy = expansion_allocate(x, count * sizeof(*copy));

		memcpy(copy, tokens, count * sizeof(*copy));
		copy->flags = (uint8_t)((copy->flags & ~TOKEN_WHITE) | (name->flags & TOKEN_WHITE));
		tokens = copy;
	} else if ((x->mode & PROGRAM_CLANG) != 0 && count == 0) {
		x->has_white = (name->flags & TOKEN_WHITE) != 0;
		return;
	}
	if (count == 0)
		return;
	struct level *l = push(x, tokens, count);

	l->symbol = name->symbol;
	l->symbol->disabled = 1;
}

static void
count_steps(struct expansion *x, size_t steps)
{
	x->steps += steps;
	if (x->steps > x->steps_max)
		expansion_fail(x, UNMODELLED_LIMIT, "steps");
}

/* How many of the tokens, from the first on, are read as they stand? */
static size_t
count_plain(struct expansion *x, const struct token *tokens, const struct token *end)
{
	const struct token *t = tokens;

	for (; t < end && t->kind != TOKEN_UNMODELLED; t++) {
		if (t->kind == TOKEN_NAME && (t->flags & TOKEN_NO_EXPAND) == 0 &&
		    (t->symbol->disabled || expansion_find(x, t->symbol) != NULL))
			break;
	}
	return (size_t)(t - tokens);
}

/* Takes the tokens that come next and are plain: most of them are, and one by one they cost much more. */
static void
take_plain(struct expansion *x, struct sequence *s)
{
	const struct level *top = &x->levels[x->depth - 1];

	if (x->has_white || x->why != UNMODELLED_NONE)
		return;
	size_t n = count_plain(x, top->at, top->end);

	sequence_append(x, s, top->at, n);
	x->levels[x->depth - 1].at += n;
	count_steps(x, n);
}

static void
expand_some(struct expansion *x, const struct run *raw, struct sequence *result)
{
	struct token t;

	x->nesting++;
	push(x, raw->items, raw->count)->is_barrier = true;
	size_t depth = x->depth;

	for (;;) {
		take_plain(x, result);
		expansion_next(x, &t);
		if (t.kind == TOKEN_END)
			break;
		sequence_add(x, result, &t);
	}
	/* A run that failed may have left levels above the barrier. */
	while (x->depth >= depth)
		pop(x);
	x->has_white = false;
	x->nesting--;
}

void
expansion_expand(struct expansion *x, struct argument *a)
{
	struct sequence s = {0};

	if (a->is_expanded)
		return;
	a->is_expanded = true;
	if (x->nesting == NESTING_MAX) {
		expansion_fail(x, UNMODELLED_LIMIT, "nested arguments");
		return;
	}
	if (a->raw.count == 0 || count_plain(x, a->raw.items, a->raw.items + a->raw.count) == a->raw.count) {
		count_steps(x, a->raw.count);
		a->expanded = a->raw;
		return;
	}
	expand_some(x, &a->raw, &s);
	a->expanded = (struct run){s.items, s.count};
}

/* A <name> among arguments is no header, but the tokens that it looks like. */
static void
split_header(struct expansion *x, const struct token *header)
{
	struct tokeniser t = {x->symbols, header->text, header->text + header->length, x->mode, false};
	struct sequence s = {0};
	struct token token;

	for (tokens_read(&t, &token); token.kind != TOKEN_END; tokens_read(&t, &token))
		sequence_add(x, &s, &token);
	if (s.count > 0)
		s.items[0].flags = header->flags;
	push(x, s.items, s.count);
}

/* An argument that is being read: still where it was read, or a copy. */
struct gathering {
	struct run run;
	struct sequence copy;
	size_t depth; /* of parentheses */
};

static void
gather_copy(struct expansion *x, struct gathering *g, const struct token *tokens, size_t count)
{
	if (g->copy.count == 0)
		sequence_append(x, &g->copy, g->run.items, g->run.count);
	sequence_append(x, &g->copy, tokens, count);
	g->run = (struct run){g->copy.items, g->copy.count};
}

static void
gather(struct expansion *x, struct gathering *g, const struct token *tokens, size_t count)
{
	if (g->run.count == 0)
		g->run.items = tokens;
	else if (g->copy.count > 0 || g->run.items + g->run.count != tokens)
		gather_copy(x, g, tokens, count);
	if (g->copy.count == 0)
		g->run.count += count;
}

/* Does the argument go on with this token, just as it stands? */
static bool
goes_on(const struct token *t, struct gathering *g, bool is_rest)
{
	if (t->kind == TOKEN_NAME)
		return !t->symbol->disabled;
	if (t->kind == TOKEN_NUMBER || t->kind > TOKEN_COMMA)
		return true;
	switch (t->kind) {
	case TOKEN_OPEN:
		g->depth++;
		return true;
	case TOKEN_CLOSE:
		return g->depth > 0 && g->depth-- > 0;
	case TOKEN_COMMA:
		return g->depth > 0 || is_rest;
	case TOKEN_HEADER:
	case TOKEN_PADDING:
	case TOKEN_UNMODELLED:
		return false;
	default:
		return true;
	}
}

/* Takes what the level on top has of the argument. */
static void
gather_level(struct expansion *x, struct gathering *g, bool is_rest)
{
	struct level *l = &x->levels[x->depth - 1];
	const struct token *t = l->at;

	if (x->has_white || x->why != UNMODELLED_NONE)
		return;
	while (t < l->end && goes_on(t, g, is_rest))
		t++;
	if (t == l->at)
		return;
	gather(x, g, l->at, (size_t)(t - l->at));
	count_steps(x, (size_t)(t - l->at));
	l->at = t;
}

/* Reads an argument. Gives the kind of what ended it: ',' or ')', or TOKEN_END when it failed. */
static enum token_kind
read_argument(struct expansion *x, struct run *argument, bool is_rest)
{
	struct gathering g = {.depth = 0};
	struct token t;

	for (;;) {
		gather_level(x, &g, is_rest);
		expansion_next_raw(x, &t);
		if (t.kind == TOKEN_END) {
			expansion_fail(x, UNMODELLED_SYNTAX, "arguments of a macro do not end");
			break;
		}
		if (t.kind == TOKEN_HEADER) {
			split_header(x, &t);
			continue;
		}
		if (g.depth == 0 && (t.kind == TOKEN_CLOSE || (t.kind == TOKEN_COMMA && !is_rest)))
			break;
		g.depth += t.kind == TOKEN_OPEN;
		g.depth -= t.kind == TOKEN_CLOSE;
		if (t.kind != TOKEN_PADDING || g.run.count > 0)
			gather_copy(x, &g, &t, 1);
	}
	while (g.run.count > 0 && g.run.items[g.run.count - 1].kind == TOKEN_PADDING)
		g.run.count--;
	*argument = g.run;
	return (enum token_kind)t.kind;
}

/* Behind '(' up to the matching ')'. False: they are not what the macro takes. */
static bool
collect(struct expansion *x, const struct definition *d, struct argument *arguments)
{
	size_t n = 0, last = d->parameter_count > 0 ? (size_t)d->parameter_count - 1 : 0;

	while (read_argument(x, &arguments[n].raw, d->is_variadic && n == last) == TOKEN_COMMA) {
		if (n++ == last) {
			expansion_fail(x, UNMODELLED_SYNTAX, "too many arguments of a macro");
			return false;
		}
	}
	if (x->why != UNMODELLED_NONE)
		return false;
	/* gcc and clang: the variable argument may be missing, which is more than being empty. */
	if (n + 1 < d->parameter_count && d->is_variadic && n + 2 == d->parameter_count)
		arguments[last].is_omitted = true;
	else if (n + 1 < d->parameter_count || (d->parameter_count == 0 && arguments[0].raw.count > 0))
		expansion_fail(x, UNMODELLED_SYNTAX, "wrong number of arguments of a macro");
	if (d->is_variadic && d->parameter_count == 1 && arguments[0].raw.count == 0 && !x->is_strict)
		arguments[0].is_omitted = true;
	return x->why == UNMODELLED_NONE;
}

/* Does '(' come next? It is read then. */
static bool
read_open(struct expansion *x)
{
	struct token t, padding = {0};

	for (expansion_next_raw(x, &t); t.kind == TOKEN_PADDING; expansion_next_raw(x, &t)) {
		if (padding.kind != TOKEN_PADDING)
			padding = t;
	}
	if (t.kind == TOKEN_OPEN)
		return true;
	if (t.kind == TOKEN_END)
		return false;
	expansion_unread(x, &t);
	if (padding.kind == TOKEN_PADDING)
		expansion_unread(x, &padding);
	return false;
}

/* Replaces the macro whose name was read. False: the name stands for itself. */
static bool
enter(struct expansion *x, const struct token *name, struct macro *m)
{
	const struct definition *d = macros_define(x->symbols, m, x->mode);
	struct sequence out = {0};

	if (d->why != UNMODELLED_NONE) {
		expansion_fail(x, d->why, name->symbol->name);
		return true;
	}
	if (!d->is_function && !d->has_paste) {
		push_replacement(x, name, d->tokens, d->count);
		return true;
	}
	if (d->is_function && !read_open(x))
		return false;
	size_t count = d->parameter_count > 0 ? d->parameter_count : 1;
	struct argument *arguments = expansion_allocate(x, count * sizeof(*arguments));

	memset(arguments, 0, count * sizeof(*arguments));
	if (d->is_function && !collect(x, d, arguments))
		return true;
	substitution_run(x, d, arguments, &out);
	push_replacement(x, name, out.items, out.count);
	return true;
}

/* Most macros are one number: no level is needed for that. */
static bool
is_simple(const struct expansion *x, const struct macro *m)
{
	const struct definition *d = m->definition;

	return d != NULL && !d->is_function && d->count == 1 && d->why == UNMODELLED_NONE &&
	       d->tokens[0].kind != TOKEN_NAME && d->tokens[0].kind != TOKEN_UNMODELLED && !x->wants_padding;
}

void
expansion_next(struct expansion *x, struct token *t)
{
	for (;;) {
		expansion_next_raw(x, t);
		if (t->kind != TOKEN_NAME || (t->flags & TOKEN_NO_EXPAND) != 0)
			return;
		struct macro *m = expansion_find(x, t->symbol);

		if (m == NULL)
			return;
		if (is_simple(x, m)) {
			*t = m->definition->tokens[0];
			return;
		}
		if (m == &x->builtins[SPECIAL_NONE]) {
			expansion_fail(x, UNMODELLED_POISON, t->symbol->name);
		} else if (expansion_is_builtin(x, m)) {
			struct token name = *t;

			if (x->builtin(x->context, &name, t))
				t->flags = (x->mode & PROGRAM_CLANG) != 0 ? name.flags : 0;
			return;
		} else if (!enter(x, t, m)) {
			return;
		}
	}
}

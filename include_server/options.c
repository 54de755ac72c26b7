/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Headers of intrinsics have many pairs of groups like these, one pair within another:
 *
 *     #ifndef __AVX2__                          #ifdef __DISABLE_AVX2__
 *     #pragma GCC push_options                  #undef __DISABLE_AVX2__
 *     #pragma GCC target("avx2")                #pragma GCC pop_options
 *     #define __DISABLE_AVX2__                  #endif
 *     #endif
 *
 * Within the changed options of an outer pair nobody but the compiler knows whether they are taken. Neither is of any
 * consequence if both are or none: they are followed as if taken, which makes more macros uncertain and not less, and
 * the macro between them is one that no other condition may ask for. Likewise what an uncertain group defines.
 */
#include "macros.h"
#include "options.h"
#include "taint.h"
#include "xalloc.h"

void
options_change(struct expander *e, enum target_change change)
{
	if (e->is_clang)
		return;
	switch (change) {
	case TARGET_CHANGE:
		e->x.taint |= TAINT_TARGET;
		break;
	case VECTORS_OFF:
		e->x.taint |= TAINT_VECTORS;
		break;
	case OPTIMIZE_CHANGE:
		e->x.taint |= TAINT_OPTIMIZE;
		break;
	case OPTIONS_PUSH:
		if (e->taint_count == e->taint_cap) {
			e->taint_cap = e->taint_cap == 0 ? 16 : 2 * e->taint_cap;
			e->taints = xrealloc(e->taints, e->taint_cap * sizeof(*e->taints));
		}
		e->taints[e->taint_count++] = e->x.taint;
		break;
	case OPTIONS_POP:
		if (e->taint_count > 0)
			e->x.taint = e->taints[--e->taint_count];
		break;
	case OPTIONS_RESET:
		e->x.taint = 0;
		break;
	}
}

/* What a group does to options, and the macro of which it has a directive: the last one. */
struct group {
	size_t pushes, pops, changes, names;
	bool has_else;
	struct symbol *name;
	const struct macro *macro; /* NULL: an #undef */
};

/* False: it does something else, too. */
static bool
add(struct group *g, const struct program *p, const struct instruction *n)
{
	switch ((int)n->operation) {
	case OPERATION_TARGET:
		g->pushes += n->target == OPTIONS_PUSH;
		g->pops += n->target == OPTIONS_POP;
		g->changes++;
		return n->target != OPTIONS_RESET;
	case OPERATION_DEFINE:
	case OPERATION_UNDEF:
		g->name = n->symbol;
		g->macro = n->operation == OPERATION_DEFINE ? &p->macros[n->target] : NULL;
		g->names++;
		return true;
	default:
		return false;
	}
}

/* Where the group of the condition ends, with its #else; NULL: it does something else, too. */
static const struct instruction *
read_group(struct group *g, const struct program *p, const struct instruction *n)
{
	const struct instruction *end = p->code + n->target;

	for (const struct instruction *i = n + 1; i < end; i++) {
		if (i->operation == OPERATION_JUMP && i + 1 == end && !g->has_else) {
			g->has_else = true;
			end = p->code + i->target;
		} else if (!add(g, p, i)) {
			return NULL;
		}
	}
	return end;
}

/* Does the condition ask for nothing but which macros are defined? */
static bool
is_plain(const struct program *p, struct condition *c)
{
	if (c->tokens == NULL)
		program_tokenise(p, c);
	for (size_t i = 0; i < c->count; i++) {
		const struct token *t = &c->tokens[i];

		switch ((int)t->kind) {
		case TOKEN_NAME:
			if (t->symbol->special != SPECIAL_NONE && t->symbol->special != SPECIAL_DEFINED)
				return false;
			break;
		case TOKEN_OPEN:
		case TOKEN_CLOSE:
		case TOKEN_NOT:
		case TOKEN_AND_AND:
		case TOKEN_OR_OR:
			break;
		default:
			return false;
		}
	}
	return true;
}

static bool
is_condition(const struct program *p, const struct instruction *n)
{
	return n->operation == OPERATION_IFDEF || n->operation == OPERATION_IFNDEF ||
	       (n->operation == OPERATION_IF && is_plain(p, n->condition));
}

static bool
is_doubtful(struct expander *e, const struct symbol *name)
{
	return name->epoch == e->x.epoch && name->macro == expansion_doubtful(&e->x);
}

static bool
switches_on(struct expander *e, const struct group *g)
{
	return !g->has_else && g->pushes == 1 && g->pops == 0 && g->names == 1 && g->macro != NULL && *g->macro->text == '\0' &&
	       !is_doubtful(e, g->name);
}

/* Not every header has the #undef. */
static bool
switches_off(struct expander *e, const struct instruction *n, const struct group *g)
{
	return !g->has_else && g->pushes == 0 && g->pops == 1 && n->operation == OPERATION_IFDEF && is_doubtful(e, n->symbol) &&
	       (g->names == 0 || (g->names == 1 && g->macro == NULL && g->name == n->symbol));
}

/* Whether its macros are defined, nobody knows. */
static bool
defines_perhaps(const struct expander *e, const struct instruction *n, const struct group *g)
{
	return g->names > 0 && g->changes == 0 && n->operation != OPERATION_IF && expansion_is_uncertain(&e->x, n->symbol);
}

static void
make_doubtful(struct expander *e, struct symbol *name)
{
	name->macro = expansion_doubtful(&e->x);
	name->epoch = e->x.epoch;
}

bool
options_switch(struct expander *e, const struct instruction *n)
{
	struct frame *f = &e->frames[e->depth - 1];
	struct group g = {0};

	if (!is_condition(f->program, n))
		return false;
	const struct instruction *end = read_group(&g, f->program, n);

	if (end == NULL)
		return false;
	bool is_off = switches_off(e, n, &g);

	if (!is_off && !switches_on(e, &g) && !defines_perhaps(e, n, &g))
		return false;
	for (const struct instruction *i = n + 1; i < end; i++) {
		if (i->operation == OPERATION_TARGET)
			options_change(e, (enum target_change)i->target);
		else if (i->operation != OPERATION_JUMP)
			make_doubtful(e, i->symbol);
	}
	if (is_off && g.names == 1)
		g.name->macro = NULL;
	f->at = end;
	return true;
}

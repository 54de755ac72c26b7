/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Executes programs: a stack of frames, one for each file that is open, and one loop. The order is gcc's: what the compiler
 * predefines, -D and -U, -imacros, what it includes by itself, -include, the main file.
 */
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "condition.h"
#include "effects.h"
#include "options.h"
#include "execution.h"
#include "mode.h"
#include "xalloc.h"

#define STEPS_MAX 50000000u
#define ALIVE_STEPS 0x3fffu

struct expander *
expander_new(struct symbols *symbols)
{
	struct expander *e = xcalloc(1, sizeof(*e));

	e->symbols = symbols;
	e->x.symbols = symbols;
	e->x.builtin = builtins_value;
	e->x.has_builtin = builtins_exist;
	e->x.context = e;
	for (int i = 0; i < SPECIAL_COUNT; i++)
		e->x.builtins[i].text = "";
	return e;
}

void
expander_free(struct expander *e)
{
	if (e == NULL)
		return;
	expansion_release(&e->x);
	seen_release(&e->seen);
	free(e->pushed);
	free(e->taints);
	free(e);
}

struct frame *
execution_file(struct expander *e)
{
	struct frame *f = &e->frames[e->depth - 1];

	while (f->is_pragma)
		f--;
	return f;
}

size_t
execution_level(const struct expander *e)
{
	size_t level = e->depth - 1;

	while (level > 0 && e->frames[level].is_pragma)
		level--;
	return level;
}

void
execution_fail(struct expander *e, enum unmodelled why, const char *what)
{
	expansion_fail(&e->x, why, what);
}

/* Only once per run, while the place is known. */
static char *
describe(struct expander *e)
{
	const struct frame *f = execution_file(e);
	const char *what = e->x.what;

	return xasprintf("%s:%u: %s%s%s", f->source->name, e->instruction != NULL ? (unsigned)e->instruction->line : 0,
	                 unmodelled_sentence(e->x.why), what != NULL ? ": " : "", what != NULL ? what : "");
}

bool
execution_probe(struct expander *e, struct find *f, const struct source **found)
{
	size_t level = execution_level(e);

	f->from = e->frames[level].source;
	f->from_is_system = e->frames[level].is_system;
	f->from_is_marked = e->frames[level].is_marked;
	f->is_next = f->is_next && level > 0;
	enum err result = e->world->find(e->world->context, f, found);

	if (result != OK && result != ERR_MISSING)
		execution_fail(e, UNMODELLED_DENIED, f->name);
	if (result == OK && e->is_clang)
		seen_name(&e->seen, (*found)->once_key, (*found)->name);
	return result == OK;
}

enum source_side
execution_side(const struct expander *e, const struct source *s)
{
	return e->frames[execution_level(e)].is_system || s->is_system ? SOURCE_OF_SYSTEM : SOURCE_OF_USER;
}

static void
push_frame(struct expander *e, const struct source *s, const struct program *p, bool is_system)
{
	if (e->depth >= DEPTH_MAX) {
		execution_fail(e, UNMODELLED_DEPTH, s->name);
		return;
	}
	e->frames[e->depth++] =
		(struct frame){.source = s, .program = p, .at = p->code, .name = s->name, .is_system = is_system};
}

void
execution_push(struct expander *e, const struct program *p)
{
	const struct frame *f = execution_file(e);

	size_t depth = e->depth;

	push_frame(e, f->source, p, f->is_system);
	if (e->depth > depth)
		e->frames[depth].is_pragma = true;
}

static bool
is_defined(struct expander *e, struct symbol *symbol)
{
	if (symbol->epoch != e->x.epoch && symbol->special < SPECIAL_FIRST_MACRO && e->x.taint == 0)
		return false;
	struct macro *m = expansion_find(&e->x, symbol);

	if (m == &e->x.builtins[SPECIAL_NONE])
		execution_fail(e, UNMODELLED_POISON, symbol->name);
	return m != NULL;
}

void
execution_enter(struct expander *e, const struct source *s, bool is_import)
{
	enum source_side side = execution_side(e, s);

	if (e->is_clang)
		seen_name(&e->seen, s->once_key, s->name);
	uint32_t *flags = seen_flags(&e->seen, s->once_key);
	bool is_skipped = (*flags & SEEN_ONCE) != 0 || (is_import && (*flags & SEEN_ENTERED) != 0);

	/* gcc compares it with all files that it knows, however it came to know them. */
	if (is_import && !e->is_clang && (*flags & (SEEN_PROBED | SEEN_ENTERED)) == SEEN_PROBED)
		execution_fail(e, UNMODELLED_EXTENSION, "#import of a file that __has_include has found");
	if (is_import)
		*flags |= SEEN_ONCE;
	if (is_skipped) {
		e->world->skipped(e->world->context, s, side);
		return;
	}
	*flags |= SEEN_ENTERED;
	e->world->entered(e->world->context, s, side);
	if (s->program->guard == NULL || !is_defined(e, s->program->guard))
		push_frame(e, s, s->program, side == SOURCE_OF_SYSTEM);
}

void
execution_include(struct expander *e, const char *name, unsigned flags)
{
	const struct frame *from = execution_file(e);
	struct find f = {
		.from = from->source,
		.from_is_system = from->is_system,
		.from_is_marked = from->is_marked,
		.kind = (flags & INCLUDE_ANGLE) != 0 ? FIND_ANGLE : FIND_QUOTE,
		.purpose = FIND_TO_ENTER,
		.is_next = (flags & INCLUDE_NEXT) != 0 && e->depth > 1,
		.name = name,
	};
	const struct source *s = NULL;
	enum err result = e->world->find(e->world->context, &f, &s);

	if (result == ERR_MISSING)
		execution_fail(e, UNMODELLED_MISSING, name);
	else if (result != OK)
		execution_fail(e, UNMODELLED_DENIED, name);
	else
		execution_enter(e, s, (flags & INCLUDE_IMPORT) != 0);
}

static bool
evaluate(struct expander *e, struct condition *c)
{
	expansion_begin(&e->x, c->tokens, c->count);
	return condition_evaluate(&e->x, e->char_is_unsigned);
}

static bool
condition(struct expander *e, struct condition *c)
{
	if (c->tokens == NULL)
		program_tokenise(e->frames[e->depth - 1].program, c);
	e->has_guess = e->is_second = false;
	e->counter = 0;
	bool value = evaluate(e, c);

	if (e->has_guess && e->x.why == UNMODELLED_NONE) {
		e->is_second = true;
		e->counter = 0;
		if (evaluate(e, c) != value)
			execution_fail(e, e->guess, NULL);
	}
	return value;
}

/* Executes what is above frame base. */
static void
execute(struct expander *e, size_t base)
{
	while (e->depth > base && e->x.why == UNMODELLED_NONE) {
		struct frame *f = &e->frames[e->depth - 1];
		const struct instruction *n = f->at++;

		e->instruction = n;
		if ((++e->x.steps & ALIVE_STEPS) == 0) {
			e->world->alive(e->world->context);
			if (e->x.steps > e->x.steps_max)
				execution_fail(e, UNMODELLED_LIMIT, "steps");
		}
		if (e->x.taint != 0 && options_switch(e, n))
			continue;
		switch ((int)n->operation) {
		case OPERATION_END:
			e->depth--;
			break;
		case OPERATION_DEFINE:
			n->symbol->macro = &f->program->macros[n->target];
			n->symbol->epoch = e->x.epoch;
			break;
		case OPERATION_UNDEF:
			n->symbol->macro = NULL;
			n->symbol->epoch = e->x.epoch;
			break;
		case OPERATION_IFDEF:
			if (!is_defined(e, n->symbol))
				f->at = f->program->code + n->target;
			break;
		case OPERATION_IFNDEF:
			if (is_defined(e, n->symbol))
				f->at = f->program->code + n->target;
			break;
		case OPERATION_IF:
			if (!condition(e, n->condition))
				f->at = f->program->code + n->target;
			break;
		case OPERATION_JUMP:
			f->at = f->program->code + n->target;
			break;
		case OPERATION_INCLUDE:
			execution_include(e, n->symbol->name, n->target);
			break;
		default:
			effects_execute(e, n);
			break;
		}
	}
}

/* A program that is no file. */
static void
execute_program(struct expander *e, const struct program *p)
{
	if (p == NULL || e->x.why != UNMODELLED_NONE)
		return;
	execution_push(e, p);
	execute(e, 1);
}

static bool
is_named(struct expander *e, const char *name)
{
	return is_defined(e, symbols_intern(e->symbols, name, strlen(name)));
}

static void
execute_named(struct expander *e, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count && e->x.why == UNMODELLED_NONE; i++) {
		struct find f = {
			.kind = FIND_COMMAND_LINE,
			.purpose = FIND_TO_ENTER,
			.name = symbols_intern(e->symbols, names[i], strlen(names[i]))->name,
		};
		const struct source *s = NULL;
		enum err result = e->world->find(e->world->context, &f, &s);

		if (result == OK) {
			execution_enter(e, s, false);
			execute(e, 1);
		} else {
			execution_fail(e, result == ERR_MISSING ? UNMODELLED_MISSING : UNMODELLED_DENIED, names[i]);
		}
	}
}

static void
begin(struct expander *e, const struct expander_run *run)
{
	e->run = run;
	e->world = run->world;
	e->depth = 0;
	e->instruction = NULL;
	e->is_clang = run->compiler == ARGS_CLANG;
	e->is_level_unknown = false;
	e->x.mode = run->mode;
	e->x.why = UNMODELLED_NONE;
	e->x.what = NULL;
	e->x.steps = 0;
	e->x.steps_max = run->steps_max != 0 ? run->steps_max : STEPS_MAX;
	e->x.taint = 0;
	e->x.epoch = symbols_begin(e->symbols);
	e->x.predefined = e->x.predefined_end = NULL;
	if (run->predefines != NULL) {
		e->x.predefined = run->predefines->macros;
		e->x.predefined_end = run->predefines->macros + run->predefines->macro_count;
	}
	seen_begin(&e->seen);
}

enum unmodelled
expander_run(struct expander *e, const struct expander_run *run, char **detail)
{
	begin(e, run);
	*seen_flags(&e->seen, run->main->once_key) |= SEEN_ENTERED;
	seen_name(&e->seen, run->main->once_key, run->main->name);
	e->world->entered(e->world->context, run->main, run->main->is_system ? SOURCE_OF_SYSTEM : SOURCE_OF_USER);
	push_frame(e, run->main, run->main->program, false);
	execute_program(e, run->predefines);
	e->x.is_strict = is_named(e, "__STRICT_ANSI__");
	e->char_is_unsigned = is_named(e, "__CHAR_UNSIGNED__");
	execute_program(e, run->command_line);
	execute_named(e, run->imacros, run->imacros_count);
	for (size_t i = 0; i < run->before_count && e->x.why == UNMODELLED_NONE; i++) {
		execution_enter(e, run->before[i], false);
		execute(e, 1);
	}
	execute_named(e, run->includes, run->include_count);
	execute(e, 0);

	enum unmodelled why = e->x.why;

	*detail = NULL;
	if (why != UNMODELLED_NONE) {
		e->depth = e->depth > 0 ? e->depth : 1;
		*detail = describe(e);
	}
	effects_end(e);
	return why;
}

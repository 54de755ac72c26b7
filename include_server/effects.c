/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "builtins.h"
#include "effects.h"
#include "mode.h"
#include "number.h"
#include "options.h"
#include "pragma_text.h"
#include "xalloc.h"

/* A macro that stands for pragmas, compiled for this run. */
struct macro_program {
	struct macro_program *next;
	const struct macro *macro;
	struct program *program;
};

/* Begins to read the text's tokens. The first one may be <name>. */
static struct token_list
begin_text(struct expander *e, const char *text)
{
	struct tokeniser t = {e->symbols, text, text + strlen(text), e->x.mode, true};
	struct token_list list = {0};
	struct token token;

	tokens_read(&t, &token);
	if (token.kind != TOKEN_END)
		token_list_add(&list, &token);
	token_list_read(&list, &t);
	e->x.wants_padding = true;
	e->has_guess = e->is_second = false;
	expansion_begin(&e->x, list.items, list.count);
	return list;
}

static void
end_text(struct expander *e, struct token_list *list)
{
	e->x.wants_padding = false;
	if (e->has_guess)
		execution_fail(e, e->guess, NULL);
	expansion_begin(&e->x, NULL, 0);
	token_list_release(list);
}

/* The name of a file from the text, expanded. NULL: the run has failed. */
static const char *
read_name(struct expander *e, const char *text, bool *is_angle)
{
	struct token_list list = begin_text(e, text);
	const char *name = builtins_read_name(e, is_angle);

	end_text(e, &list);
	return e->x.why == UNMODELLED_NONE ? name : NULL;
}

static void
computed(struct expander *e, const struct instruction *n)
{
	bool is_angle;
	const char *name = read_name(e, n->text, &is_angle);

	if (name != NULL)
		execution_include(e, name, n->target | (is_angle ? INCLUDE_ANGLE : 0));
}

/* A file that is read, but not as a source. */
static bool
read_file(struct expander *e, enum find_kind kind, const char *name, const struct source **found)
{
	struct find f = {.kind = kind, .purpose = FIND_TO_READ, .name = name};

	*found = NULL;
	return execution_probe(e, &f, found);
}

static void
embed(struct expander *e, const struct instruction *n)
{
	const struct source *s;
	bool is_angle;
	const char *name = read_name(e, n->text, &is_angle);

	if (name == NULL)
		return;
	if (!read_file(e, is_angle ? FIND_ANGLE : FIND_QUOTE, name, &s))
		execution_fail(e, UNMODELLED_MISSING, name);
	else if (s != NULL)
		e->world->entered(e->world->context, s, execution_side(e, s));
}

static void
dependency(struct expander *e, const struct instruction *n)
{
	const struct source *s;
	bool is_angle;
	const char *name = read_name(e, n->text, &is_angle);

	/* gcc only warns when it is missing. */
	if (name != NULL && !read_file(e, is_angle ? FIND_ANGLE : FIND_QUOTE, name, &s) && e->is_clang)
		execution_fail(e, UNMODELLED_MISSING, name);
}

static void
assembler_read(struct expander *e, const struct instruction *n)
{
	const struct source *s;

	if (!read_file(e, FIND_COMMAND_LINE, n->symbol->name, &s))
		execution_fail(e, UNMODELLED_ASSEMBLER, n->symbol->name);
}

/* A copy of a string literal's contents that lives as long as the run. */
static const char *
keep_string(struct expander *e, const struct token *t)
{
	char *text = xstrndup(t->text + 1, t->length - 2), *to = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\\' && (p[1] == '\\' || p[1] == '"'))
			p++;
		*to++ = *p;
	}
	*to = '\0';
	strv_take(&e->texts, text);
	return text;
}

/* #line NUMBER "FILE", or # NUMBER "FILE" FLAGS */
static void
line(struct expander *e, const struct instruction *n, bool is_marker)
{
	struct frame *f = execution_file(e);
	struct token_list list = begin_text(e, n->text);
	struct token t, flag = {0};
	struct number number;

	expansion_next(&e->x, &t);
	for (; t.kind == TOKEN_PADDING; expansion_next(&e->x, &t))
		;
	bool is_valid = t.kind == TOKEN_NUMBER && strspn(t.text, "0123456789") >= t.length;

	/* Decimal, whatever it begins with. */
	while (is_valid && t.length > 1 && *t.text == '0') {
		t.text++;
		t.length--;
	}
	if (!is_valid || !number_parse(t.text, t.length, &number) || number.bits > UINT32_MAX) {
		execution_fail(e, UNMODELLED_SYNTAX, "#line");
	} else {
		f->line_shift = (int64_t)number.bits - (int64_t)n->line - 1;
		f->is_line_unknown = n->is_multiline;
		do
			expansion_next(&e->x, &t);
		while (t.kind == TOKEN_PADDING);
		if (t.kind == TOKEN_STRING)
			f->name = keep_string(e, &t);
		else if (t.kind != TOKEN_END)
			execution_fail(e, UNMODELLED_SYNTAX, "#line");
	}
	if (is_marker && e->x.why == UNMODELLED_NONE) {
		f->is_system = false;
		for (expansion_next(&e->x, &flag); flag.kind == TOKEN_NUMBER; expansion_next(&e->x, &flag)) {
			f->is_system = f->is_system || *flag.text == '3';
			e->is_level_unknown = e->is_level_unknown || *flag.text == '1' || *flag.text == '2';
		}
	}
	end_text(e, &list);
}

static void
push_macro(struct expander *e, struct symbol *symbol)
{
	if (e->pushed_count == e->pushed_cap) {
		e->pushed_cap = e->pushed_cap == 0 ? 16 : 2 * e->pushed_cap;
		e->pushed = xrealloc(e->pushed, e->pushed_cap * sizeof(*e->pushed));
	}
	unsigned taint = e->x.taint;

	e->x.taint = 0;
	e->pushed[e->pushed_count++] = (struct pushed){symbol, expansion_find(&e->x, symbol)};
	e->x.taint = taint;
}

/* Each name has a stack of its own; all lie in one. */
static void
pop_macro(struct expander *e, struct symbol *symbol)
{
	for (size_t i = e->pushed_count; i > 0; i--) {
		if (e->pushed[i - 1].symbol != symbol)
			continue;
		symbol->macro = e->pushed[i - 1].macro;
		symbol->epoch = e->x.epoch;
		memmove(&e->pushed[i - 1], &e->pushed[i], (e->pushed_count - i) * sizeof(*e->pushed));
		e->pushed_count--;
		return;
	}
}

/* The pragmas of the macro, as a program. */
static const struct program *
compile(struct expander *e, const struct macro *m)
{
	struct buffer source = {0};
	const char *text = m->text, *end = text + strlen(text), *string;
	size_t length;

	for (struct macro_program *p = e->macro_programs; p != NULL; p = p->next) {
		if (p->macro == m)
			return p->program;
	}
	while ((string = pragma_text_next(&text, end, &length)) != NULL) {
		buffer_add_string(&source, "_Pragma(\"");
		buffer_add(&source, string, length);
		buffer_add_string(&source, "\")\n");
	}
	struct macro_program *p = xmalloc(sizeof(*p));

	*p = (struct macro_program){
		.next = e->macro_programs,
		.macro = m,
		.program = program_new(e->symbols, (const char *)source.data, source.len, e->x.mode & ~(unsigned)PROGRAM_ASSEMBLER),
	};
	e->macro_programs = p;
	buffer_release(&source);
	return p->program;
}

/* A word alone on its line: a macro for pragmas? */
static void
word(struct expander *e, struct symbol *symbol)
{
	struct macro *m = expansion_find(&e->x, symbol);

	if (m == NULL || expansion_is_builtin(&e->x, m) || !pragma_text_is_list(m->text, strlen(m->text)))
		return;
	execution_push(e, compile(e, m));
}

static bool
is_defined(struct expander *e, const char *name)
{
	return expansion_find(&e->x, symbols_intern(e->symbols, name, strlen(name))) != NULL;
}

void
effects_execute(struct expander *e, const struct instruction *n)
{
	struct frame *f = execution_file(e);

	switch ((int)n->operation) {
	case OPERATION_COMPUTED:
		computed(e, n);
		break;
	case OPERATION_EMBED:
		embed(e, n);
		break;
	case OPERATION_LINE:
		line(e, n, false);
		break;
	case OPERATION_MARKER:
		line(e, n, true);
		break;
	case OPERATION_ONCE:
		if (f->source != e->run->main || !e->is_clang)
			*seen_flags(&e->seen, f->source->once_key) |= SEEN_ONCE;
		break;
	case OPERATION_SYSTEM_HEADER:
		f->is_system = f->is_system || f != e->frames;
		f->is_marked = f != e->frames;
		break;
	case OPERATION_PUSH:
		push_macro(e, n->symbol);
		break;
	case OPERATION_POP:
		pop_macro(e, n->symbol);
		break;
	case OPERATION_POISON:
		n->symbol->macro = &e->x.builtins[SPECIAL_NONE];
		n->symbol->epoch = e->x.epoch;
		break;
	case OPERATION_DEPENDENCY:
		dependency(e, n);
		break;
	case OPERATION_TARGET:
		options_change(e, (enum target_change)n->target);
		break;
	case OPERATION_WORD:
		word(e, n->symbol);
		break;
	case OPERATION_READ:
		assembler_read(e, n);
		break;
	case OPERATION_IMPORT:
		if (is_defined(e, "__cpp_modules") || is_defined(e, "__OBJC__"))
			execution_fail(e, UNMODELLED_MODULE, NULL);
		break;
	case OPERATION_CLANG_ONLY:
		if (!e->is_clang)
			e->frames[e->depth - 1].at++;
		break;
	default:
		execution_fail(e, (enum unmodelled)n->target, *n->text != '\0' ? n->text : NULL);
		break;
	}
}

void
effects_end(struct expander *e)
{
	for (struct macro_program *p = e->macro_programs, *next; p != NULL; p = next) {
		next = p->next;
		program_free(p->program);
		free(p);
	}
	e->macro_programs = NULL;
	strv_release(&e->texts);
	e->pushed_count = 0;
	e->taint_count = 0;
}

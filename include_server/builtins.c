/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "builtins.h"
#include "mode.h"
#include "path.h"
#include "xalloc.h"

/* The two values of __COUNTER__ that a condition is tried with, and of a found __has_embed: not empty, empty. */
#define COUNTER_STEP 1000003

static struct token
number_token(struct expander *e, int64_t value)
{
	char *text = expansion_allocate(&e->x, 32);
	int n = snprintf(text, 32, "%" PRId64, value);

	return (struct token){.kind = TOKEN_NUMBER, .length = (uint32_t)n, .text = text};
}

/* A string literal of the text, with a backslash before '"' and '\'. */
static struct token
string_token(struct expander *e, const char *text)
{
	char *string = expansion_allocate(&e->x, 2 * strlen(text) + 3), *to = string;

	*to++ = '"';
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			*to++ = '\\';
		*to++ = *text;
	}
	*to++ = '"';
	return (struct token){.kind = TOKEN_STRING, .length = (uint32_t)(to - string), .text = string};
}

static struct token
line_token(struct expander *e)
{
	const struct frame *f = execution_file(e);

	/* Which of its lines a token stands on is not kept. */
	if (e->instruction->is_multiline || f->is_line_unknown)
		execution_fail(e, UNMODELLED_LINE, NULL);
	return number_token(e, (int64_t)e->instruction->line + f->line_shift);
}

static struct token
counter_token(struct expander *e)
{
	e->has_guess = true;
	e->guess = UNMODELLED_COUNTER;
	return number_token(e, e->counter++ + (e->is_second ? COUNTER_STEP : 0));
}

static void
next_after_padding(struct expander *e, struct token *t)
{
	do
		expansion_next(&e->x, t);
	while (t->kind == TOKEN_PADDING);
}

static const char *
name_of(struct expander *e, const char *text, size_t length)
{
	/* clang takes some backslashes away. */
	if (e->is_clang && memchr(text, '\\', length) != NULL)
		execution_fail(e, UNMODELLED_EXTENSION, "a backslash in a file's name");
	return symbols_intern(e->symbols, text, length)->name;
}

/* Behind '<': the spellings up to '>', with a space where there is white space; clang has one before '>' too. */
static const char *
glue(struct expander *e)
{
	struct buffer b = {0};
	const char *name = NULL;
	struct token t;
	size_t length;

	for (next_after_padding(e, &t); t.kind != TOKEN_GREATER && t.kind != TOKEN_END; next_after_padding(e, &t)) {
		const char *spelling = tokens_spelling(&t, &length);

		if ((t.flags & TOKEN_WHITE) != 0)
			buffer_add(&b, " ", 1);
		buffer_add(&b, spelling, length);
	}
	if (e->is_clang && (t.flags & TOKEN_WHITE) != 0)
		buffer_add(&b, " ", 1);
	if (t.kind == TOKEN_GREATER && b.len > 0)
		name = name_of(e, (const char *)b.data, b.len);
	else
		execution_fail(e, UNMODELLED_SYNTAX, "a file's name without '>'");
	buffer_release(&b);
	return name;
}

const char *
builtins_read_name(struct expander *e, bool *is_angle)
{
	struct token t;

	next_after_padding(e, &t);
	*is_angle = t.kind != TOKEN_STRING;
	if (t.kind == TOKEN_LESS)
		return glue(e);
	if ((t.kind != TOKEN_STRING && t.kind != TOKEN_HEADER) || t.length <= 2) {
		execution_fail(e, UNMODELLED_SYNTAX, "a file's name is missing");
		return NULL;
	}
	return name_of(e, t.text + 1, t.length - 2);
}

static bool
read_kind(struct expander *e, enum token_kind kind)
{
	struct token t;

	next_after_padding(e, &t);
	if (t.kind == kind)
		return true;
	execution_fail(e, UNMODELLED_SYNTAX, kind == TOKEN_OPEN ? "'(' is missing" : "')' is missing");
	return false;
}

/* What __has_embed has behind the name: parameters make it a question of its own. */
static void
read_embed_rest(struct expander *e)
{
	struct token t;

	next_after_padding(e, &t);
	if (t.kind != TOKEN_CLOSE)
		execution_fail(e, UNMODELLED_EXTENSION, "parameters of __has_embed");
}

/* Is the file there? */
static struct token
has_file(struct expander *e, enum special special)
{
	bool is_angle, is_embed = special == SPECIAL_HAS_EMBED;
	const char *name = read_kind(e, TOKEN_OPEN) ? builtins_read_name(e, &is_angle) : NULL;

	if (name == NULL)
		return number_token(e, 0);
	if (is_embed)
		read_embed_rest(e);
	else
		read_kind(e, TOKEN_CLOSE);
	/* gcc looks for nothing where the value does not matter; clang does, and lists what it finds. */
	if (e->x.unused > 0 && !e->is_clang)
		return number_token(e, 0);
	struct find f = {
		.kind = is_angle ? FIND_ANGLE : FIND_QUOTE,
		.purpose = is_embed ? FIND_TO_READ : FIND_TO_PROBE,
		.is_next = special == SPECIAL_HAS_INCLUDE_NEXT,
		.name = name,
	};
	const struct source *s = NULL;
	bool is_there = execution_probe(e, &f, &s);

	/* Whose it is does not depend on who asks. */
	if (is_there && e->is_clang && s != NULL)
		e->world->skipped(e->world->context, s, s->is_system ? SOURCE_OF_SYSTEM : SOURCE_OF_USER);
	if (is_there && s != NULL)
		*seen_flags(&e->seen, s->once_key) |= SEEN_PROBED;
	if (!is_there || !is_embed)
		return number_token(e, is_there);
	e->has_guess = true;
	e->guess = UNMODELLED_EXTENSION;
	return number_token(e, e->is_second ? 2 : 1);
}

/* Does the compiler expand the argument? */
static bool
is_expanded(const struct expander *e, enum special special)
{
	return !e->is_clang || special == SPECIAL_HAS_ATTRIBUTE || special == SPECIAL_HAS_CPP_ATTRIBUTE ||
	       special == SPECIAL_HAS_C_ATTRIBUTE;
}

static bool
is_word(const struct token *t)
{
	return t->kind == TOKEN_NAME || t->kind == TOKEN_NUMBER;
}

/* Appends "(argument)" as it is to be asked. */
static void
add_argument(struct expander *e, enum special special, struct buffer *question)
{
	struct token t, before = {0};
	size_t depth = 1, length;

	buffer_add_string(question, "(");
	while (depth > 0) {
		if (is_expanded(e, special))
			next_after_padding(e, &t);
		else
			expansion_next_raw(&e->x, &t);
		if (t.kind == TOKEN_END) {
			execution_fail(e, UNMODELLED_SYNTAX, "')' is missing");
			return;
		}
		const char *spelling = tokens_spelling(&t, &length);

		if (is_word(&before) && is_word(&t))
			buffer_add_string(question, " ");
		buffer_add(question, spelling, length);
		depth += t.kind == TOKEN_OPEN;
		depth -= t.kind == TOKEN_CLOSE;
		before = t;
	}
}

static struct token
ask(struct expander *e, enum special special, bool has_argument)
{
	struct buffer question = {0};
	int64_t value = 0;

	buffer_add_string(&question, symbols_special(e->symbols, special)->name);
	if (has_argument && read_kind(e, TOKEN_OPEN))
		add_argument(e, special, &question);
	char *text = buffer_take_string(&question);

	if (e->x.why == UNMODELLED_NONE && e->x.unused == 0 && e->world->ask(e->world->context, text, &value) != OK)
		execution_fail(e, UNMODELLED_QUESTION, symbols_special(e->symbols, special)->name);
	free(text);
	return number_token(e, value);
}

/* clang: the name under which the file was found last, unless it was found under that one before. */
static const char *
file_name(struct expander *e)
{
	const struct frame *f = execution_file(e);

	if (e->is_clang && (*seen_flags(&e->seen, f->source->once_key) & SEEN_RENAMED) != 0)
		execution_fail(e, UNMODELLED_EXTENSION, "__FILE__ of a file with several names");
	return f->name;
}

bool
builtins_value(void *context, const struct token *name, struct token *value)
{
	struct expander *e = context;
	enum special special = (enum special)name->symbol->special;

	switch ((int)special) {
	case SPECIAL_LINE:
		*value = line_token(e);
		return true;
	case SPECIAL_FILE:
		*value = string_token(e, file_name(e));
		return true;
	case SPECIAL_BASE_FILE:
		*value = string_token(e, e->run->main->name);
		return true;
	case SPECIAL_FILE_NAME:
		*value = string_token(e, path_base(file_name(e)));
		return true;
	case SPECIAL_INCLUDE_LEVEL:
		if (e->is_level_unknown)
			execution_fail(e, UNMODELLED_EXTENSION, "__INCLUDE_LEVEL__ behind a line marker");
		*value = number_token(e, (int64_t)execution_level(e));
		return true;
	case SPECIAL_COUNTER:
		*value = counter_token(e);
		return true;
	case SPECIAL_DATE:
	case SPECIAL_TIME:
	case SPECIAL_TIMESTAMP:
		execution_fail(e, UNMODELLED_DATE, NULL);
		return false;
	case SPECIAL_PRAGMA:
	case SPECIAL_MS_PRAGMA:
	case SPECIAL_IDENTIFIER:
	case SPECIAL_MODULE:
		execution_fail(e, UNMODELLED_EXTENSION, name->symbol->name);
		return false;
	case SPECIAL_HAS_INCLUDE:
	case SPECIAL_HAS_INCLUDE_NEXT:
	case SPECIAL_HAS_EMBED:
		*value = has_file(e, special);
		return true;
	default:
		*value = ask(e, special, special != SPECIAL_FLT_EVAL_METHOD);
		return true;
	}
}

bool
builtins_exist(void *context, enum special special)
{
	struct expander *e = context;
	char *question = xasprintf("defined %s", symbols_special(e->symbols, special)->name);
	int64_t value = 0;

	if (e->world->ask(e->world->context, question, &value) != OK)
		execution_fail(e, UNMODELLED_QUESTION, symbols_special(e->symbols, special)->name);
	free(question);
	return value != 0;
}

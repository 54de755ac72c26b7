/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First everything is laid out, with placemarkers for empty operands of ##, then ## is done from left to right. White space
 * before a token counts when # makes a string and in the name of an #include; there gcc keeps it in padding
 * tokens of their own, clang passes it on to the next token.
 */
#include <string.h>

#include "mode.h"
#include "substitution.h"

static void
reserve(struct expansion *x, struct sequence *s, size_t more)
{
	size_t cap = s->cap == 0 ? 8 : 2 * s->cap;

	if (s->cap - s->count >= more)
		return;
	if (cap - s->count < more)
		cap = s->count + more;
	if (!expansion_extend(x, s->items, s->cap * sizeof(*s->items), cap * sizeof(*s->items))) {
		struct token *items = expansion_allocate(x, cap * sizeof(*items));

		if (s->count > 0)
			memcpy(items, s->items, s->count * sizeof(*items));
		s->items = items;
	}
	s->cap = cap;
}

void
sequence_add(struct expansion *x, struct sequence *s, const struct token *t)
{
	if (s->count == s->cap)
		reserve(x, s, 1);
	s->items[s->count++] = *t;
}

void
sequence_append(struct expansion *x, struct sequence *s, const struct token *tokens, size_t count)
{
	if (count == 0)
		return;
	reserve(x, s, count);
	memcpy(s->items + s->count, tokens, count * sizeof(*tokens));
	s->count += count;
}

struct substitution {
	struct expansion *x;
	const struct definition *definition;
	struct argument *arguments;
	struct sequence *out;
	uint8_t white; /* clang: the next token gets the space before an argument that left nothing */
};

static bool
is_clang(const struct expansion *x)
{
	return (x->mode & PROGRAM_CLANG) != 0;
}

/* The spelling with a backslash before '"' and '\'. */
static char *
add_escaped(char *to, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '"' || text[i] == '\\')
			*to++ = '\\';
		*to++ = text[i];
	}
	return to;
}

static bool
is_literal(const struct token *t)
{
	return t->kind == TOKEN_STRING || t->kind == TOKEN_ODD_STRING || t->kind == TOKEN_CHARACTER;
}

/* # of the tokens. */
static void
stringify(struct expansion *x, const struct run *s, struct token *result)
{
	size_t size = 3, length;

	for (size_t i = 0; i < s->count; i++) {
		tokens_spelling(&s->items[i], &length);
		size += 2 * length + 1;
	}
	char *text = expansion_allocate(x, size), *to = text;
	bool has_padding = false, is_white = false;

	*to++ = '"';
	for (size_t i = 0; i < s->count; i++) {
		const struct token *t = &s->items[i];
		const char *spelling = tokens_spelling(t, &length);

		if (!has_padding)
			is_white = (t->flags & TOKEN_WHITE) != 0;
		if (t->kind == TOKEN_PADDING) {
			has_padding = true;
			continue;
		}
		if (is_white && to > text + 1)
			*to++ = ' ';
		has_padding = false;
		if (is_literal(t)) {
			to = add_escaped(to, spelling, length);
		} else {
			memcpy(to, spelling, length);
			to += length;
		}
	}
	*to++ = '"';
	*result = (struct token){.kind = TOKEN_STRING, .length = (uint32_t)(to - text), .text = text};
}

/* left ## right. False: they make no token. */
static bool
paste(struct expansion *x, struct token *left, const struct token *right)
{
	size_t n, m;
	const char *a = tokens_spelling(left, &n), *b = tokens_spelling(right, &m);
	uint8_t white = left->flags & TOKEN_WHITE;

	if (right->kind == TOKEN_PLACEMARKER) {
		left->flags = white;
		return true;
	}
	if (left->kind == TOKEN_PLACEMARKER) {
		*left = *right;
		if (is_clang(x))
			left->flags = (uint8_t)((right->flags & ~TOKEN_WHITE) | white);
		return true;
	}
	char *text = expansion_allocate(x, n + m + 1);

	memcpy(text, a, n);
	memcpy(text + n, b, m);
	text[n + m] = '\0';
	struct tokeniser t = {x->symbols, text, text + n + m, x->mode, false};
	struct token token;

	tokens_read(&t, &token);
	if (t.at != t.end || (token.flags & TOKEN_WHITE) != 0 || (token.kind == TOKEN_OTHER && (*text == '"' || *text == '\'')))
		return false;
	*left = token;
	left->flags = white;
	return true;
}

/* An operand of ## that makes no token: in assembler both stay, else it is an error. */
static struct token
unpasted(struct expansion *x, const struct token *t, unsigned without)
{
	struct token copy = *t;

	if ((x->mode & PROGRAM_ASSEMBLER) == 0)
		expansion_fail(x, UNMODELLED_SYNTAX, "## makes no token");
	copy.flags = (uint8_t)(copy.flags & ~without);
	return copy;
}

/* Does all ## and takes placemarkers out, from the token first on. */
static void
paste_all(struct expansion *x, struct sequence *s, size_t first)
{
	size_t to = first;
	uint8_t white = 0;

	for (size_t i = first; i < s->count; i++) {
		struct token t = s->items[i];

		while ((t.flags & TOKEN_PASTED) != 0 && i + 1 < s->count) {
			const struct token *right = &s->items[++i];
			uint8_t pasted = right->flags & TOKEN_PASTED;

			if (paste(x, &t, right)) {
				t.flags = (uint8_t)((t.flags & ~TOKEN_PASTED) | pasted);
				continue;
			}
			s->items[to++] = unpasted(x, &t, TOKEN_PASTED);
			t = unpasted(x, right, TOKEN_WHITE | TOKEN_PASTED);
			t.flags |= pasted;
		}
		t.flags = (uint8_t)((t.flags & ~TOKEN_PASTED) | white);
		white = 0;
		if (t.kind != TOKEN_PLACEMARKER)
			s->items[to++] = t;
		else if (is_clang(x))
			white = t.flags & TOKEN_WHITE;
	}
	s->count = to;
}

/* Appends tokens in the place of the body's token b. */
static void
add_all(struct substitution *s, const struct token *b, const struct run *tokens, uint8_t pasted)
{
	uint8_t white = is_clang(s->x) ? (uint8_t)((b->flags & TOKEN_WHITE) | s->white) : 0;
	struct token nothing = {.kind = TOKEN_PLACEMARKER, .flags = pasted | white, .text = ""};
	size_t first = s->out->count;

	if (tokens->count == 0) {
		sequence_add(s->x, s->out, &nothing);
		return;
	}
	sequence_append(s->x, s->out, tokens->items, tokens->count);
	struct token *last = &s->out->items[s->out->count - 1];

	last->flags = (uint8_t)((last->flags & ~TOKEN_PASTED) | pasted);
	if (is_clang(s->x))
		s->out->items[first].flags = (uint8_t)((s->out->items[first].flags & ~TOKEN_WHITE) | white);
	s->white = 0;
}

/* ", ## __VA_ARGS__" of gcc: the comma goes when the argument was omitted, and there is no ##. */
static bool
swallow_comma(struct substitution *s, const struct token *b, const struct argument *a)
{
	size_t n = s->out->count;

	if (n == 0 || s->out->items[n - 1].kind != TOKEN_COMMA || !s->definition->is_variadic ||
	    b->number != s->definition->parameter_count - 1)
		return false;
	s->out->items[n - 1].flags &= (uint8_t)~TOKEN_PASTED;
	if (a->is_omitted)
		s->out->count--;
	return true;
}

static void
add_one(struct substitution *s, const struct token *t)
{
	struct token copy = *t;

	copy.flags |= s->white;
	s->white = 0;
	sequence_add(s->x, s->out, &copy);
}

/* gcc's white space before what stands in the place of the body's token b, wherever ## does not join it to the left. */
static void
pad(struct substitution *s, const struct token *b, bool is_right)
{
	struct token t = {.kind = TOKEN_PADDING, .flags = b->flags & TOKEN_WHITE, .text = ""};

	if (s->x->wants_padding && !is_clang(s->x) && !is_right && b > s->definition->tokens)
		sequence_add(s->x, s->out, &t);
}

/* The body's token i is a parameter. */
static void
add_parameter(struct substitution *s, size_t i, bool is_right)
{
	const struct token *b = &s->definition->tokens[i];
	struct argument *a = &s->arguments[b->number];
	uint8_t pasted = b->flags & TOKEN_PASTED;
	struct token t;

	pad(s, b, is_right);
	if ((b->flags & TOKEN_STRINGIFY) != 0) {
		stringify(s->x, &a->raw, &t);
		t.flags = (uint8_t)(pasted | (is_clang(s->x) ? b->flags & TOKEN_WHITE : 0));
		add_one(s, &t);
	} else if (is_right && swallow_comma(s, b, a)) {
		if (a->raw.count > 0 || pasted != 0)
			add_all(s, b, &a->raw, pasted);
	} else if (is_right || pasted != 0) {
		add_all(s, b, &a->raw, pasted);
	} else {
		expansion_expand(s->x, a);
		if (a->expanded.count > 0)
			add_all(s, b, &a->expanded, 0);
		else if (is_clang(s->x))
			s->white |= b->flags & TOKEN_WHITE;
	}
}

static bool
is_given(struct substitution *s)
{
	struct argument *a = &s->arguments[s->definition->parameter_count - 1];

	expansion_expand(s->x, a);
	for (size_t i = 0; i < a->expanded.count; i++) {
		if (a->expanded.items[i].kind != TOKEN_PADDING)
			return true;
	}
	return false;
}

/* Has the compiler __VA_OPT__ in this language? gcc has it always, clang from C++20 on, and some releases more often. */
static bool
has_va_opt(struct expansion *x)
{
	struct macro *m = expansion_find(x, symbols_intern(x->symbols, "__cplusplus", 11));

	return !is_clang(x) || (m != NULL && !expansion_is_builtin(x, m) && strcmp(m->text, " 202002L") >= 0);
}

static void
add_range(struct substitution *s, size_t from, size_t to);

/* The body's token i is __VA_OPT__. Returns the index of the ')'. */
static size_t
add_va_opt(struct substitution *s, size_t i, bool is_right)
{
	const struct token *tokens = s->definition->tokens, *b = &tokens[i];
	size_t close = i + 1, depth = 0, first;

	for (; close < s->definition->count; close++) {
		depth += tokens[close].kind == TOKEN_OPEN;
		depth -= tokens[close].kind == TOKEN_CLOSE;
		if (depth == 0)
			break;
	}
	if (close == s->definition->count || tokens[i + 1].kind != TOKEN_OPEN || !has_va_opt(s->x)) {
		expansion_fail(s->x, UNMODELLED_EXTENSION, "__VA_OPT__");
		return s->definition->count;
	}
	pad(s, b, is_right);
	first = s->out->count;
	if (is_given(s))
		add_range(s, i + 2, close);
	/* What stands inside is complete before it meets what stands outside. */
	paste_all(s->x, s->out, first);
	struct run inside = {NULL, 0};

	if (s->out->count > first)
		inside = (struct run){s->out->items + first, s->out->count - first};
	if ((b->flags & TOKEN_STRINGIFY) != 0) {
		struct token t;

		stringify(s->x, &inside, &t);
		t.flags = (uint8_t)((is_clang(s->x) ? b->flags & TOKEN_WHITE : 0) | (tokens[close].flags & TOKEN_PASTED));
		s->out->count = first;
		sequence_add(s->x, s->out, &t);
	} else {
		struct sequence copy = {0};

		sequence_append(s->x, &copy, inside.items, inside.count);
		inside.items = copy.items;
		s->out->count = first;
		add_all(s, inside.count > 0 ? inside.items : b, &inside, tokens[close].flags & TOKEN_PASTED);
	}
	return close;
}

/* Appends the body's tokens from..to. */
static void
add_range(struct substitution *s, size_t from, size_t to)
{
	const struct token *tokens = s->definition->tokens;

	for (size_t i = from; i < to && s->x->why == UNMODELLED_NONE; i++) {
		bool is_right = i > from && (tokens[i - 1].flags & TOKEN_PASTED) != 0;

		if (tokens[i].kind == TOKEN_PARAMETER)
			add_parameter(s, i, is_right);
		else if (s->definition->has_va_opt && tokens[i].kind == TOKEN_NAME && tokens[i].symbol->special == SPECIAL_VA_OPT)
			i = add_va_opt(s, i, is_right);
		else
			add_one(s, &tokens[i]);
	}
}

void
substitution_run(struct expansion *x, const struct definition *d, struct argument *arguments, struct sequence *out)
{
	struct substitution s = {x, d, arguments, out, 0};
	size_t first = out->count;

	add_range(&s, 0, d->count);
	if (d->has_paste || d->has_va_opt)
		paste_all(x, out, first);
}

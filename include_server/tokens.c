/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text -> preprocessing tokens. Texts are short (a condition, the body of a macro), so this is plain; the
 * search for directives in megabytes of source is the lexer's.
 */
#include <stdlib.h>
#include <string.h>

#include "mode.h"
#include "tokens.h"
#include "unmodelled.h"
#include "xalloc.h"

/* The longest first where one begins with another. */
static const struct {
	const char *text;
	enum token_kind kind;
} punctuators[] = {
	{"%:%:", TOKEN_PASTE}, {"->*", TOKEN_OTHER},  {"...", TOKEN_ELLIPSIS},     {"<<=", TOKEN_OTHER},
	{">>=", TOKEN_OTHER},  {"<=>", TOKEN_OTHER},  {"##", TOKEN_PASTE},         {"%:", TOKEN_HASH},
	{"&&", TOKEN_AND_AND}, {"||", TOKEN_OR_OR},   {"==", TOKEN_EQ_EQ},         {"!=", TOKEN_NOT_EQ},
	{"<=", TOKEN_LESS_EQ}, {">=", TOKEN_GREATER_EQ}, {"<<", TOKEN_SHIFT_LEFT}, {">>", TOKEN_SHIFT_RIGHT},
	{"->", TOKEN_OTHER},   {"++", TOKEN_OTHER},   {"--", TOKEN_OTHER},         {"+=", TOKEN_OTHER},
	{"-=", TOKEN_OTHER},   {"*=", TOKEN_OTHER},   {"/=", TOKEN_OTHER},         {"%=", TOKEN_OTHER},
	{"&=", TOKEN_OTHER},   {"|=", TOKEN_OTHER},   {"^=", TOKEN_OTHER},         {"::", TOKEN_SCOPE},
	{".*", TOKEN_OTHER},   {"<:", TOKEN_OTHER},   {":>", TOKEN_OTHER},         {"<%", TOKEN_OTHER},
	{"%>", TOKEN_OTHER},   {"(", TOKEN_OPEN},     {")", TOKEN_CLOSE},          {",", TOKEN_COMMA},
	{"#", TOKEN_HASH},     {"<", TOKEN_LESS},     {">", TOKEN_GREATER},        {"!", TOKEN_NOT},
	{"&", TOKEN_AND},      {"|", TOKEN_OR},       {"^", TOKEN_XOR},            {"~", TOKEN_COMPL},
	{"+", TOKEN_PLUS},     {"-", TOKEN_MINUS},    {"*", TOKEN_TIMES},          {"/", TOKEN_DIVIDE},
	{"%", TOKEN_REMAINDER}, {"?", TOKEN_QUESTION}, {":", TOKEN_COLON},         {".", TOKEN_DOT},
};

bool
tokens_is_digit(unsigned char c)
{
	return c >= '0' && c <= '9';
}

bool
tokens_is_letter(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
}

static bool
is_name_byte(unsigned char c, unsigned mode)
{
	return tokens_is_letter(c) || tokens_is_digit(c) || (c == '$' && (mode & PROGRAM_ASSEMBLER) == 0);
}

const char *
tokens_skip_name(const char *p, const char *end, unsigned mode)
{
	while (p < end && is_name_byte((unsigned char)*p, mode))
		p++;
	return p;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v';
}

static char
byte_at(const struct tokeniser *t, size_t offset)
{
	return (size_t)(t->end - t->at) > offset ? t->at[offset] : '\0';
}

static void
finish(struct tokeniser *t, struct token *token, enum token_kind kind, const char *end)
{
	token->kind = (uint8_t)kind;
	token->text = t->at;
	token->length = (uint32_t)(end - t->at);
	t->at = end;
}

/* A preprocessing number: more than any number. */
static void
read_number(struct tokeniser *t, struct token *token)
{
	const char *p = t->at + 1;

	while (p < t->end) {
		unsigned char c = (unsigned char)*p;
		unsigned char next = p + 1 < t->end ? (unsigned char)p[1] : '\0';

		if ((next == '+' || next == '-') && (c == 'e' || c == 'E' || c == 'p' || c == 'P'))
			p += 2;
		else if (c == '.' || is_name_byte(c, t->mode))
			p++;
		else if (c == '\'' && (t->mode & PROGRAM_DIGIT_SEPARATORS) != 0 && is_name_byte(next, t->mode))
			p += 2;
		else
			break;
	}
	finish(t, token, TOKEN_NUMBER, p);
}

/* From the quote at p to behind the closing one; NULL: there is none. */
static const char *
skip_quoted(const char *p, const char *end)
{
	char quote = *p++;

	for (; p < end && *p != quote; p++) {
		if (*p == '\\')
			p++;
	}
	return p < end ? p + 1 : NULL;
}

/* From the quote of R"x(...)x" to behind the closing one. */
static const char *
skip_raw(const char *p, const char *end)
{
	const char *delimiter = p + 1;
	const char *open = memchr(delimiter, '(', (size_t)(end - delimiter));

	if (open == NULL)
		return NULL;
	size_t length = (size_t)(open - delimiter);

	for (p = open + 1; (size_t)(end - p) >= length + 2; p++) {
		if (*p == ')' && memcmp(p + 1, delimiter, length) == 0 && p[length + 1] == '"')
			return p + length + 2;
	}
	return NULL;
}

/* A literal whose prefix, if any, lies between t->at and quote. */
static void
read_quoted(struct tokeniser *t, struct token *token, const char *quote)
{
	bool is_raw = quote > t->at && quote[-1] == 'R';
	const char *end = is_raw ? skip_raw(quote, t->end) : skip_quoted(quote, t->end);

	if (end == NULL)
		finish(t, token, TOKEN_OTHER, t->end);
	else if (*quote == '\'')
		finish(t, token, TOKEN_CHARACTER, end);
	else
		finish(t, token, quote > t->at ? TOKEN_ODD_STRING : TOKEN_STRING, end);
}

static bool
is_prefix(const char *p, size_t length, char quote, unsigned mode)
{
	bool has_raw = length > 0 && p[length - 1] == 'R';

	if (has_raw) {
		if (quote != '"' || (mode & PROGRAM_RAW_STRINGS) == 0)
			return false;
		length--;
	}
	return (length == 0 && has_raw) || (length == 1 && (*p == 'L' || *p == 'u' || *p == 'U')) ||
	       (length == 2 && p[0] == 'u' && p[1] == '8');
}

static void
read_name(struct tokeniser *t, struct token *token)
{
	const char *end = tokens_skip_name(t->at, t->end, t->mode);
	size_t length = (size_t)(end - t->at);

	if (end < t->end && (*end == '"' || *end == '\'') && length <= 3 && is_prefix(t->at, length, *end, t->mode)) {
		read_quoted(t, token, end);
		return;
	}
	/* An identifier may go on with a universal character name, another spelling of what may stand elsewhere as UTF-8. */
	if (t->end - end >= 2 && *end == '\\' && (end[1] == 'u' || end[1] == 'U')) {
		finish(t, token, TOKEN_UNMODELLED, end + 2);
		token->number = UNMODELLED_CHARACTER;
		return;
	}
	token->kind = TOKEN_NAME;
	token->length = (uint32_t)length;
	token->symbol = symbols_intern(t->symbols, t->at, length);
	t->at = end;
}

static void
read_punctuator(struct tokeniser *t, struct token *token)
{
	size_t left = (size_t)(t->end - t->at);

	for (size_t i = 0; i < sizeof(punctuators) / sizeof(punctuators[0]); i++) {
		size_t length = strlen(punctuators[i].text);

		if (length <= left && punctuators[i].text[0] == *t->at &&
		    memcmp(punctuators[i].text, t->at, length) == 0) {
			finish(t, token, punctuators[i].kind, t->at + length);
			return;
		}
	}
	finish(t, token, TOKEN_OTHER, t->at + 1);
}

void
tokens_read(struct tokeniser *t, struct token *token)
{
	bool expects_header = t->expects_header;

	*token = (struct token){0};
	t->expects_header = false;
	for (; t->at < t->end && is_blank(*t->at); t->at++)
		token->flags = TOKEN_WHITE;
	if (t->at == t->end) {
		token->text = t->end;
		return;
	}
	unsigned char c = (unsigned char)*t->at;

	if (c == '<' && expects_header) {
		const char *end = memchr(t->at, '>', (size_t)(t->end - t->at));

		if (end != NULL) {
			finish(t, token, TOKEN_HEADER, end + 1);
			return;
		}
	}
	if (is_name_byte(c, t->mode) && !tokens_is_digit(c)) {
		read_name(t, token);
	} else if (tokens_is_digit(c) || (c == '.' && tokens_is_digit((unsigned char)byte_at(t, 1)))) {
		read_number(t, token);
	} else if (c == '"' || c == '\'') {
		read_quoted(t, token, t->at);
	} else if (c == TOKENS_MAYBE_COMMENT) {
		finish(t, token, TOKEN_UNMODELLED, t->end);
		token->number = UNMODELLED_LINE_COMMENT;
	} else if (c == '\\' && (byte_at(t, 1) == 'u' || byte_at(t, 1) == 'U')) {
		finish(t, token, TOKEN_UNMODELLED, t->at + 2);
		token->number = UNMODELLED_CHARACTER;
	} else {
		read_punctuator(t, token);
	}
}

const char *
tokens_spelling(const struct token *token, size_t *length)
{
	*length = token->length;
	return token->kind == TOKEN_NAME ? token->symbol->name : token->text;
}

void
token_list_release(struct token_list *l)
{
	free(l->items);
	*l = (struct token_list){0};
}

void
token_list_add(struct token_list *l, const struct token *t)
{
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 16 : 2 * l->cap;
		l->items = xrealloc(l->items, l->cap * sizeof(*l->items));
	}
	l->items[l->count++] = *t;
}

static bool
takes_header(const struct token *t)
{
	return t->kind == TOKEN_NAME &&
	       (t->symbol->special == SPECIAL_HAS_INCLUDE || t->symbol->special == SPECIAL_HAS_INCLUDE_NEXT ||
	        t->symbol->special == SPECIAL_HAS_EMBED);
}

void
token_list_read(struct token_list *l, struct tokeniser *t)
{
	struct token token;
	size_t first = l->count;

	for (;;) {
		size_t n = l->count - first;

		t->expects_header = n >= 2 && l->items[l->count - 1].kind == TOKEN_OPEN &&
		                    takes_header(&l->items[l->count - 2]);
		tokens_read(t, &token);
		if (token.kind == TOKEN_END)
			break;
		token_list_add(l, &token);
	}
}

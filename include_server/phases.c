/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A state machine over all bytes: slow, and rarely needed. It knows comments and literals only to tell
 * where a raw string begins, whose bytes stay as they are.
 */
#include <string.h>

#include "bytescan.h"
#include "mode.h"
#include "phases.h"
#include "tokens.h"

#define TRIGRAPHS "=/'()!<>-"
#define REPLACED "#\\^[]|{}~"

static bool
has_lone_return(const char *p)
{
	while ((p = strchr(p, '\r')) != NULL) {
		if (*++p != '\n')
			return true;
	}
	return false;
}

static bool
has_trigraph(const char *p)
{
	for (p = bytescan_pair(p, '?', '?'); *p != '\0'; p = bytescan_pair(p + 1, '?', '?')) {
		if (p[2] != '\0' && strchr(TRIGRAPHS, p[2]) != NULL)
			return true;
	}
	return false;
}

/* Of a name or a number, in some language: '$' is none in assembler. */
static bool
is_letter(char c)
{
	return tokens_is_letter((unsigned char)c) || tokens_is_digit((unsigned char)c) || c == '$';
}

/* How far text goes before the blanks that end at p. */
static size_t
length_before_blanks(const char *text, const char *p)
{
	while (p > text && strchr(" \t\f\v\r", p[-1]) != NULL)
		p--;
	return (size_t)(p - text);
}

/* Would a backslash end the line, were there a newline at p? */
static bool
is_behind_backslash(const char *text, const char *p)
{
	size_t length = length_before_blanks(text, p);

	return length > 0 && text[length - 1] == '\\';
}

/* Would the splice from the backslash at p to end join what the lexer looks for byte by byte? */
static bool
is_joint(const char *text, const char *p, const char *end)
{
	static const char *const joints[] = {"//", "/*", "*/", "%:"};
	char before = p[-1], after = *end;

	if (is_behind_backslash(text, p))
		return true;
	if (strchr(" \t\f\v\r\n", before) != NULL || after == '\0' || strchr(" \t\f\v\r\n", after) != NULL)
		return false;
	if (after == '\\' && lexer_splice_end(end) != NULL)
		return true;
	if ((is_letter(before) || before == '.' || before == '\'') && (is_letter(after) || after == '.' || after == '"' || after == '\''))
		return true;
	for (size_t i = 0; i < sizeof(joints) / sizeof(joints[0]); i++) {
		if (before == joints[i][0] && after == joints[i][1])
			return true;
	}
	return false;
}

static bool
has_joint(const char *text)
{
	const char *p = text;

	while ((p = strchr(p, '\\')) != NULL) {
		const char *end = lexer_splice_end(p);

		if (end != NULL && p > text && is_joint(text, p, end))
			return true;
		p = end != NULL ? end : p + 1;
	}
	return false;
}

bool
phases_need(struct lexer *l, unsigned survey)
{
	bool needed = false;

	if ((survey & BYTESCAN_TRIGRAPH) != 0 && has_trigraph(l->copy)) {
		l->mask |= PROGRAM_TRIGRAPHS;
		needed = (l->mode & PROGRAM_TRIGRAPHS) != 0;
	}
	if ((survey & BYTESCAN_RETURN) != 0 && has_lone_return(l->copy)) {
		l->mask |= PROGRAM_CLANG;
		needed = true;
	}
	return needed || ((survey & BYTESCAN_BACKSLASH) != 0 && has_joint(l->copy));
}

enum state { TEXT, LINE_COMMENT, BLOCK_COMMENT, LITERAL };

struct machine {
	struct lexer *lexer;
	const char *from;
	char *to;
	enum state state;
	char quote;      /* of the literal */
	char before;     /* the byte before, when it may begin something together with the next */
	bool is_escaped;
	size_t newlines; /* taken out of this line */
};

/* The byte at from, after translation; *end: behind it. */
static char
read_byte(const struct machine *m, const char **end)
{
	const char *p = m->from, *found;

	*end = p + 1;
	if (p[0] == '?' && p[1] == '?' && p[2] != '\0' && (m->lexer->mode & PROGRAM_TRIGRAPHS) != 0 &&
	    (found = strchr(TRIGRAPHS, p[2])) != NULL) {
		*end = p + 3;
		return REPLACED[found - TRIGRAPHS];
	}
	/* Alone it is a newline for clang, and nothing at all for gcc. */
	if (p[0] == '\r' && p[1] != '\n')
		return (m->lexer->mode & PROGRAM_CLANG) != 0 ? '\n' : '\x7f';
	return p[0];
}

/* Does what was written so far end with the prefix of a raw string? */
static bool
is_raw(const struct machine *m)
{
	const char *begin = m->lexer->copy, *p = m->to;

	if (p == begin || *--p != 'R')
		return false;
	if (p > begin && (p[-1] == 'u' || p[-1] == 'U' || p[-1] == 'L'))
		p--;
	else if (p - begin >= 2 && p[-1] == '8' && p[-2] == 'u')
		p -= 2;
	if (p > begin && tokens_skip_name(p - 1, p, m->lexer->mode) == p)
		return false;
	m->lexer->mask |= PROGRAM_RAW_STRINGS;
	return (m->lexer->mode & PROGRAM_RAW_STRINGS) != 0;
}

/* Copies the raw string whose quote is at from as it is. */
static void
copy_raw(struct machine *m)
{
	const char *delimiter = m->from + 1, *p;
	size_t length = strcspn(delimiter, "( )\\\t\v\f\n\r\"");

	for (p = delimiter + length; *p != '\0'; p++) {
		if (*p == ')' && strncmp(p + 1, delimiter, length) == 0 && p[length + 1] == '"')
			break;
	}
	size_t size = (size_t)((*p == '\0' ? p : p + length + 2) - m->from);

	memmove(m->to, m->from, size);
	m->from += size;
	m->to += size;
}

static void
text_byte(struct machine *m, char c)
{
	if (m->before == '/' && (c == '*' || c == '/')) {
		m->state = c == '*' ? BLOCK_COMMENT : LINE_COMMENT;
		m->before = '\0';
		return;
	}
	m->before = c;
	if (c == '"' || c == '\'') {
		m->state = LITERAL;
		m->quote = c;
		m->is_escaped = false;
	}
}

/* The state behind c, which is not yet written. */
static void
enter(struct machine *m, char c)
{
	switch (m->state) {
	case TEXT:
		text_byte(m, c);
		break;
	case LINE_COMMENT:
		if (c == '\n')
			m->state = TEXT;
		break;
	case BLOCK_COMMENT:
		if (m->before == '*' && c == '/')
			m->state = TEXT;
		m->before = m->state == TEXT ? '\0' : c;
		break;
	case LITERAL:
		if (c == '\n' || (c == m->quote && !m->is_escaped))
			m->state = TEXT;
		m->is_escaped = c == '\\' && !m->is_escaped;
		m->before = '\0';
		break;
	}
}

/* A backslash that has come to the end of a line only now joins nothing. */
static void
hide_backslash(struct machine *m)
{
	char *text = m->lexer->copy;

	if (is_behind_backslash(text, m->to))
		text[length_before_blanks(text, m->to) - 1] = '\x7f';
}

static void
put_newlines(struct machine *m)
{
	memset(m->to, '\n', m->newlines);
	m->to += m->newlines;
	m->newlines = 0;
}

size_t
phases_clean(struct lexer *l)
{
	struct machine m = {.lexer = l, .from = l->copy, .to = l->copy};

	while (*m.from != '\0') {
		const char *end, *splice;
		char c = read_byte(&m, &end);

		if (m.state == TEXT && c == '"' && is_raw(&m)) {
			copy_raw(&m);
			m.before = '\0';
			continue;
		}
		splice = c == '\\' ? lexer_splice_end(end - 1) : NULL;
		if (splice != NULL) {
			m.from = splice;
			m.newlines++;
			continue;
		}
		enter(&m, c);
		if (c == '\n' && m.newlines > 0)
			hide_backslash(&m);
		*m.to++ = c;
		m.from = end;
		if (c == '\n')
			put_newlines(&m);
	}
	hide_backslash(&m);
	put_newlines(&m);
	size_t length = (size_t)(m.to - l->copy);

	memset(m.to, 0, 1 + BYTESCAN_PADDING);
	l->is_cleaned = true;
	return length;
}

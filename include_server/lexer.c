/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Most of a source is text between directives, so this looks for '#', quotes and comments alone and asks
 * only then whether a '#' is the first of its line. A line that is not simple is copied byte by byte.
 * What would make both slow or wrong (a splice within "//", trigraphs, lone carriage returns) is taken away
 * beforehand by phases_clean, in the few files that have it.
 */
#include <stdlib.h>
#include <string.h>

#include "bytescan.h"
#include "lexer.h"
#include "mode.h"
#include "phases.h"
#include "tokens.h"
#include "words.h"
#include "xalloc.h"

/* A number with separators is not longer than this; the search for its beginning has to end. */
#define RUN_MAX 1000

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\v' || c == '\r';
}

/* A copy that ends with a newline, has no NUL before its end, and padding behind it. */
static char *
copy_text(const char *text, size_t length)
{
	char *copy = xmalloc(length + 2 + BYTESCAN_PADDING);

	if (length > 0)
		memcpy(copy, text, length);
	for (char *nul = copy; length > 0 && (nul = memchr(nul, '\0', length - (size_t)(nul - copy))) != NULL;)
		*nul = ' ';
	memset(copy + length, 0, 2 + BYTESCAN_PADDING);
	copy[length] = '\n';
	return copy;
}

void
lexer_init(struct lexer *l, const char *text, size_t length, unsigned mode)
{
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		length -= 3;
	}
	/* An assembler source's tokens differ in '$', and it has other words between directives. */
	*l = (struct lexer){.mode = mode, .mask = PROGRAM_ASSEMBLER, .line_count = 1};
	l->copy = copy_text(text, length);

	const char *end = l->copy + length + 1;
	unsigned survey = bytescan_survey(l->copy, end);

	if (phases_need(l, survey)) {
		end = l->copy + phases_clean(l);
		survey = bytescan_survey(l->copy, end);
	}
	l->clean = xmalloc((size_t)(end - l->copy) + BYTESCAN_PADDING);
	l->begin = l->at = l->counted = l->copy;
	l->other = (survey & BYTESCAN_DIGRAPH) != 0 ? '%' : '#';
	l->words = words_wanted(l->copy, survey, mode);
}

void
lexer_release(struct lexer *l)
{
	free(l->copy);
	free(l->clean);
	*l = (struct lexer){0};
}

uint32_t
lexer_line(struct lexer *l, const char *p)
{
	l->line_count += (uint32_t)bytescan_count_newlines(l->counted, p);
	l->counted = p;
	return l->line_count;
}

static void
break_at(struct lexer *l, const char *p, enum unmodelled why)
{
	l->line = lexer_line(l, p);
	l->broken = why;
}

const char *
lexer_splice_end(const char *p)
{
	for (p++; is_blank(*p); p++)
		;
	return *p == '\n' ? p + 1 : NULL;
}

bool
lexer_is_spliced(const struct lexer *l, const char *p)
{
	while (p > l->begin && is_blank(p[-1]))
		p--;
	return p > l->begin && p[-1] == '\\';
}

bool
lexer_is_first(const struct lexer *l, const char *p)
{
	for (;;) {
		while (p > l->begin && is_blank(p[-1]))
			p--;
		if (p == l->begin)
			return true;
		if (p == l->comment_end)
			return l->comment_is_first;
		if (p[-1] != '\n')
			return false;
		if (!lexer_is_spliced(l, p - 1))
			return true;
		for (p--; p[-1] != '\\'; p--)
			;
		p--;
	}
}

static bool
is_name_byte(const struct lexer *l, char c)
{
	return tokens_skip_name(&c, &c + 1, l->mode) > &c;
}

/* Is the quote at p within a number such as 1'000? */
static bool
is_separator(struct lexer *l, const char *p)
{
	const char *run = p;

	if (!is_name_byte(l, p[1]))
		return false;
	while (run > l->begin && p - run < RUN_MAX &&
	       (run[-1] == '.' || run[-1] == '\'' || is_name_byte(l, run[-1])))
		run--;
	while (run < p) {
		bool is_number = tokens_is_digit((unsigned char)*run) || (*run == '.' && tokens_is_digit((unsigned char)run[1]));

		if (!is_number) {
			const char *end = tokens_skip_name(run, p, l->mode);

			run = end > run ? end : run + 1;
			continue;
		}
		while (run < p && (*run == '.' || *run == '\'' || is_name_byte(l, *run)))
			run++;
		if (run < p)
			continue;
		l->mask |= PROGRAM_DIGIT_SEPARATORS;
		return (l->mode & PROGRAM_DIGIT_SEPARATORS) != 0;
	}
	return false;
}

/* Does the quote at p belong to R"x(...)x"? */
static bool
is_raw(struct lexer *l, const char *p)
{
	if (p == l->begin || *p != '"' || p[-1] != 'R')
		return false;
	const char *prefix = p - 1;

	if (prefix > l->begin && (prefix[-1] == 'u' || prefix[-1] == 'U' || prefix[-1] == 'L'))
		prefix--;
	else if (prefix - l->begin >= 2 && prefix[-1] == '8' && prefix[-2] == 'u')
		prefix -= 2;
	if (prefix > l->begin && is_name_byte(l, prefix[-1]))
		return false;
	l->mask |= PROGRAM_RAW_STRINGS;
	return (l->mode & PROGRAM_RAW_STRINGS) != 0;
}

/* From the quote of a raw string to behind its end. */
static const char *
skip_raw(struct lexer *l, const char *p)
{
	const char *delimiter = p + 1;
	size_t length = strcspn(delimiter, "( )\\\t\v\f\n\r\"");

	if (delimiter[length] == '(' && length <= 16) {
		for (p = delimiter + length; *p != '\0'; p++) {
			p = bytescan_pair(p, ')', length > 0 ? *delimiter : '"');
			if (*p != '\0' && strncmp(p + 1, delimiter, length) == 0 && p[length + 1] == '"')
				return p + length + 2;
			if (*p == '\0')
				break;
		}
	}
	break_at(l, delimiter, UNMODELLED_LITERAL);
	return p + strlen(p);
}

const char *
lexer_skip_literal(struct lexer *l, const char *p)
{
	char quote = *p;

	if (is_raw(l, p))
		return skip_raw(l, p);
	for (p++; *p != quote && *p != '\n' && *p != '\0'; p++) {
		if (*p != '\\')
			continue;
		const char *end = lexer_splice_end(p);

		if (end != NULL)
			p = end - 1;
		else if (p[1] != '\0')
			p++;
	}
	return *p == quote ? p + 1 : p;
}

/* The newline that ends the logical line of p. */
static const char *
line_end(const struct lexer *l, const char *p)
{
	for (p = bytescan_newline(p); *p != '\0' && lexer_is_spliced(l, p); p = bytescan_newline(p + 1))
		;
	return p;
}

/*
 * Where the mode has no line comments: gcc takes "//" as a comment in a system header, as an error in live
 * text, else as two divisions. That is all one unless a comment begins behind it. clang: a comment unless a star follows.
 */
static const char *
skip_doubtful_comment(struct lexer *l, const char *p)
{
	const char *end = line_end(l, p);

	l->mask |= PROGRAM_CLANG;
	if ((l->mode & PROGRAM_CLANG) != 0)
		return p[2] == '*' ? p : end;
	for (const char *q = p + 1; q + 1 < end; q++) {
		if (q[0] == '/' && q[1] == '*')
			break_at(l, p, UNMODELLED_LINE_COMMENT);
	}
	return end;
}

const char *
lexer_skip_comment(struct lexer *l, const char *p)
{
	if (p[1] == '*') {
		const char *end = bytescan_pair(p + 2, '*', '/');

		if (*end == '\0') {
			break_at(l, p, UNMODELLED_LITERAL);
			return end;
		}
		return end + 2;
	}
	if (p[1] != '/')
		return p;
	l->mask |= PROGRAM_LINE_COMMENTS;
	return (l->mode & PROGRAM_LINE_COMMENTS) != 0 ? line_end(l, p + 2) : skip_doubtful_comment(l, p);
}

static size_t
trim(const char *clean, size_t length)
{
	while (length > 0 && clean[length - 1] == ' ')
		length--;
	return length;
}

/* Does a condition end in "__has_include(" or the like? In the body of a macro there is no <name>. */
static bool
asks_for_header(const char *clean, size_t length)
{
	static const char *const names[] = {"__has_include", "__has_include_next", "__has_embed"};

	if (length == 0 || clean[length - 1] != '(' || (strncmp(clean, "if", 2) != 0 && strncmp(clean, "elif", 4) != 0))
		return false;
	length = trim(clean, length - 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(names[i]);

		if (length > n && memcmp(names[i], clean + length - n, n) == 0)
			return true;
	}
	return false;
}

/* Do the bytes so far stand before <name>? */
static bool
expects_header(const char *clean, size_t length)
{
	static const char *const names[] = {"include", "include_next", "import", "embed"};

	length = trim(clean, length);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strlen(names[i]) == length && memcmp(names[i], clean, length) == 0)
			return true;
	}
	return asks_for_header(clean, length);
}

/* The end of <name> or "name", in which nothing is special but a splice; NULL: it does not end on this line. */
static const char *
header_end(const struct lexer *l, const char *p)
{
	char quote = *p == '<' ? '>' : '"';

	for (p++; *p != quote; p++) {
		if (*p == '\0' || (*p == '\n' && !lexer_is_spliced(l, p)))
			return NULL;
	}
	return p + 1;
}

char *
lexer_copy_unspliced(char *out, const char *p, const char *end)
{
	while (p < end) {
		const char *splice = *p == '\\' ? lexer_splice_end(p) : NULL;

		if (splice != NULL)
			p = splice;
		else
			*out++ = *p++;
	}
	return out;
}

/* The end of the literal or <name> at p of a directive whose bytes so far lie before out; p itself: there is none. */
static const char *
quoted_end(struct lexer *l, const char *p, const char *out)
{
	const char *end = *p != '\'' && expects_header(l->clean, (size_t)(out - l->clean)) ? header_end(l, p) : NULL;

	if (end != NULL)
		return end;
	if (*p == '<' || (*p == '\'' && is_separator(l, p)))
		return p;
	end = lexer_skip_literal(l, p);
	if (is_raw(l, p) && memchr(p, '\n', (size_t)(end - p)) != NULL)
		break_at(l, p, UNMODELLED_LITERAL);
	return end;
}

/* One step of extract from p, which is no blank and no newline; *out grows. */
static const char *
extract_step(struct lexer *l, const char *p, char **out)
{
	const char *end = p;

	switch (*p) {
	case '"':
	case '\'':
	case '<':
		end = quoted_end(l, p, *out);
		if (end > p) {
			*out = is_raw(l, p) ? (char *)memcpy(*out, p, (size_t)(end - p)) + (end - p)
			                    : lexer_copy_unspliced(*out, p, end);
			return end;
		}
		break;
	default:
		break;
	}
	*(*out)++ = *p;
	return p + 1;
}

/* The comment at p of a directive: like a blank. */
static const char *
extract_comment(struct lexer *l, const char *p, char **out)
{
	bool is_doubtful = p[1] == '/' && (l->mode & (PROGRAM_LINE_COMMENTS | PROGRAM_CLANG)) == 0;
	const char *end = lexer_skip_comment(l, p);

	if (is_doubtful)
		*(*out)++ = TOKENS_MAYBE_COMMENT;
	return end;
}

/* The directive whose text begins at p, byte by byte. Returns the newline behind it. */
static const char *
extract(struct lexer *l, const char *p)
{
	char *out = l->clean;
	bool had_blank = false;

	while (*p != '\n' && *p != '\0') {
		const char *splice = *p == '\\' ? lexer_splice_end(p) : NULL;
		const char *end = *p == '/' ? extract_comment(l, p, &out) : p;

		if (splice != NULL) {
			p = splice;
		} else if (end > p || is_blank(*p)) {
			p = end > p ? end : p + 1;
			had_blank = true;
		} else {
			if (had_blank && out > l->clean)
				*out++ = ' ';
			had_blank = false;
			p = extract_step(l, p, &out);
		}
	}
	l->text = l->clean;
	l->length = (size_t)(out - l->clean);
	return p;
}

/* #include <name> with nothing else on its line: the commonest of all directives. Returns the newline, or NULL. */
static const char *
extract_include(const char *p)
{
	if (memcmp(p, "include", 7) != 0)
		return NULL;
	for (p += 7; *p == ' ' || *p == '\t'; p++)
		;
	if (*p != '<' && *p != '"')
		return NULL;
	char quote = *p == '<' ? '>' : '"';

	for (p++; *p != quote && *p != '\n' && *p != '\\' && *p != '\0'; p++)
		;
	return *p == quote && p[1] == '\n' ? p + 1 : NULL;
}

/* p is at the '#' (or "%:") of a directive, from: what stands behind it. */
static enum lexer_event
directive(struct lexer *l, const char *p, const char *from)
{
	l->line = lexer_line(l, p);
	while (*from == ' ' || *from == '\t')
		from++;
	const char *end = extract_include(from);

	if (end == NULL)
		end = bytescan_line(from);
	if (*end == '\n') {
		l->text = from;
		l->length = (size_t)(end - from);
		while (l->length > 0 && is_blank(from[l->length - 1]))
			l->length--;
	} else {
		end = extract(l, from);
	}
	l->is_multiline = l->is_cleaned || bytescan_count_newlines(from, end) > 0;
	l->at = end;
	return LEXER_DIRECTIVE;
}

/* Behind the comment at p, or behind the slash that begins none. */
static const char *
text_comment(struct lexer *l, const char *p)
{
	const char *end = lexer_skip_comment(l, p);

	if (end == p)
		return p + 1;
	bool begins_line = lexer_is_first(l, p);

	l->comment = p;
	l->comment_end = end;
	l->comment_is_first = begins_line;
	return end;
}

/* Behind the '#' or '%' at p of a directive; NULL: it begins none. */
static const char *
directive_text(struct lexer *l, const char *p)
{
	bool is_digraph = *p == '%';

	if ((is_digraph && p[1] != ':') || !lexer_is_first(l, p))
		return NULL;
	if (!is_digraph)
		return p + 1;
	l->mask |= PROGRAM_ASSEMBLER | PROGRAM_LINE_COMMENTS | PROGRAM_CLANG;
	if ((l->mode & PROGRAM_ASSEMBLER) != 0 && (l->mode & PROGRAM_CLANG) == 0)
		return NULL;
	/* Strict C90 has no digraphs, with its amendment it has. */
	if ((l->mode & PROGRAM_LINE_COMMENTS) == 0)
		break_at(l, p, UNMODELLED_EXTENSION);
	return p + 2;
}

enum lexer_event
lexer_next(struct lexer *l)
{
	for (;;) {
		const char *p = bytescan_special(l->at, l->other), *text;
		enum lexer_event event = l->words != 0 ? words_find(l, p) : LEXER_END;

		if (event != LEXER_END)
			return event;
		switch (*p) {
		case '\0':
			l->at = p;
			if (l->broken == UNMODELLED_NONE)
				l->line = lexer_line(l, p);
			return LEXER_END;
		case '"':
			l->at = lexer_skip_literal(l, p);
			if (l->words != 0 && words_in_literal(l, p))
				return LEXER_READ;
			break;
		case '\'':
			l->at = is_separator(l, p) ? p + 1 : lexer_skip_literal(l, p);
			break;
		case '/':
			l->at = text_comment(l, p);
			break;
		default:
			text = directive_text(l, p);
			if (text != NULL)
				return directive(l, p, text);
			l->at = p + 1;
			break;
		}
	}
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * _Pragma among the text acts like #pragma, if it is not an argument of a macro: parentheses are counted. A macro
 * for pragmas (libc++'s _LIBCPP_PUSH_MACROS) is seen when it stands alone on its line. Other ways to have
 * macros changed from the text are found by the words that they need, and are not followed.
 */
#include <string.h>

#include "bytescan.h"
#include "mode.h"
#include "tokens.h"
#include "words.h"

static bool
has(const char *text, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = bytescan_pair(text, word[0], word[1]); *p != '\0'; p = bytescan_pair(p + 1, word[0], word[1])) {
		if (strncmp(p, word, length) == 0)
			return true;
	}
	return false;
}

unsigned
words_wanted(const char *text, unsigned survey, unsigned mode)
{
	static const struct {
		unsigned survey, word;
		const char *text;
	} rows[] = {
		{BYTESCAN_PRAGMA, LEXER_WORDS_PRAGMA, "_Pragma"},
		{BYTESCAN_PUSH_POP, LEXER_WORDS_PUSH_POP, "PUSH"},
		{BYTESCAN_PUSH_POP, LEXER_WORDS_PUSH_POP, "POP"},
		{BYTESCAN_MACRO, LEXER_WORDS_MACRO, "_macro"},
		{BYTESCAN_GCC, LEXER_WORDS_GCC, "GCC"},
		{BYTESCAN_IMPORT, LEXER_WORDS_IMPORT, "\nimport"},
		{BYTESCAN_IMPORT, LEXER_WORDS_IMPORT, "@import"},
		{BYTESCAN_IMPORT, LEXER_WORDS_IMPORT, "\nexport import"},
		{BYTESCAN_ASSEMBLER, LEXER_WORDS_ASSEMBLER, ".incbin"},
		{BYTESCAN_ASSEMBLER, LEXER_WORDS_ASSEMBLER, ".include"},
	};
	unsigned wanted = 0;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if ((survey & rows[i].survey) != 0 && (wanted & rows[i].word) == 0 && has(text, rows[i].text))
			wanted |= rows[i].word;
	}
	/* A text may begin with what else begins a line. */
	if ((survey & BYTESCAN_IMPORT) != 0 &&
	    (strncmp(text, "import", strlen("import")) == 0 || strncmp(text, "export import", strlen("export import")) == 0))
		wanted |= LEXER_WORDS_IMPORT;
	if ((mode & PROGRAM_ASSEMBLER) != 0)
		wanted &= ~(unsigned)LEXER_WORDS_IMPORT;
	return wanted;
}

static bool
is_word(const char *p, const char *end, const char *word)
{
	size_t length = strlen(word);

	return (size_t)(end - p) == length && memcmp(p, word, length) == 0;
}

/* Behind blanks, newlines and comments. */
static const char *
skip_space(struct lexer *l, const char *p)
{
	for (;;) {
		const char *splice = *p == '\\' ? lexer_splice_end(p) : NULL;
		const char *end = *p == '/' ? lexer_skip_comment(l, p) : p;

		if (splice != NULL)
			p = splice;
		else if (end > p)
			p = end;
		else if (*p != '\0' && strchr(" \t\f\v\r\n", *p) != NULL)
			p++;
		else
			return p;
	}
}

static enum lexer_event
found(struct lexer *l, enum lexer_event event, const char *p, const char *end)
{
	l->line = lexer_line(l, p);
	l->at = end;
	l->is_multiline = true;
	return event;
}

static enum lexer_event
unmodelled(struct lexer *l, enum unmodelled why, const char *p, const char *end)
{
	l->why = why;
	return found(l, LEXER_UNMODELLED, p, end);
}

static bool
is_letter(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Does an ordinary pragma have a word that makes it one that changes macros or files? */
static bool
matters(const char *p, size_t length)
{
	static const char *const words[] = {
		"push_macro", "pop_macro", "poison", "once", "system_header", "target", "optimize", "push_options",
		"pop_options", "reset_options", "include_alias", "dependency", "hdrstop", "module", "pch_preprocess",
	};
	const char *limit = p + length;

	while (p < limit) {
		const char *end = p;

		while (end < limit && is_letter(*end))
			end++;
		for (size_t i = 0; end > p && i < sizeof(words) / sizeof(words[0]); i++) {
			if (is_word(p, end, words[i]))
				return true;
		}
		p = end + 1;
	}
	return false;
}

/* p is behind _Pragma, word at it. */
static enum lexer_event
pragma(struct lexer *l, const char *word, const char *p)
{
	const char *open = skip_space(l, p);
	const char *text = *open == '(' ? skip_space(l, open + 1) : open;

	if (*text == 'L')
		text++;
	if (*open != '(' || *text != '"')
		return LEXER_END;
	const char *end = lexer_skip_literal(l, text), *close = skip_space(l, end);

	if (end - text < 2 || end[-1] != '"' || *close != ')')
		return LEXER_END;
	l->text = l->clean;
	l->length = (size_t)(lexer_copy_unspliced(l->clean, text + 1, end - 1) - l->clean);
	if (!matters(l->text, l->length))
		return LEXER_END;
	if (l->depth > 0)
		return unmodelled(l, UNMODELLED_PRAGMA, word, end);
	return found(l, LEXER_PRAGMA, word, close + 1);
}

/* Is the identifier the only thing on its line? */
static bool
is_alone(const struct lexer *l, const char *p, const char *end)
{
	while (*end == ' ' || *end == '\t' || *end == '\r' || (*end == '\\' && lexer_splice_end(end) != NULL))
		end = *end == '\\' ? lexer_splice_end(end) : end + 1;
	return (*end == '\n' || *end == '\0' || *end == '/') && lexer_is_first(l, p);
}

static bool
contains(const char *p, const char *end, const char *word)
{
	size_t length = strlen(word);

	for (; (size_t)(end - p) >= length; p++) {
		if (memcmp(p, word, length) == 0)
			return true;
	}
	return false;
}

/* GCC target and its like as tokens: an argument of a macro for pragmas. */
static bool
is_gcc_pragma(struct lexer *l, const char *p)
{
	static const char *const words[] = {"target", "optimize", "push_options", "pop_options", "reset_options",
	                                    "poison", "system_header"};

	p = skip_space(l, p);
	const char *end = p + strspn(p, "abcdefghijklmnopqrstuvwxyz_");

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (is_word(p, end, words[i]))
			return true;
	}
	return false;
}

static bool
begins_line(const struct lexer *l, const char *p)
{
	if (p - l->begin >= 7 && memcmp(p - 7, "export ", 7) == 0)
		p -= 7;
	return lexer_is_first(l, p) || p[-1] == '@';
}

static enum lexer_event
name(struct lexer *l, const char *p, const char *end)
{
	if ((l->words & LEXER_WORDS_PRAGMA) != 0 && is_word(p, end, "_Pragma"))
		return pragma(l, p, end);
	if ((l->words & LEXER_WORDS_MACRO) != 0 && (is_word(p, end, "push_macro") || is_word(p, end, "pop_macro")))
		return unmodelled(l, UNMODELLED_PRAGMA, p, end);
	if ((l->words & LEXER_WORDS_GCC) != 0 && is_word(p, end, "GCC") && is_gcc_pragma(l, end))
		return unmodelled(l, UNMODELLED_PRAGMA, p, end);
	if ((l->words & LEXER_WORDS_IMPORT) != 0 && is_word(p, end, "import") && begins_line(l, p))
		return found(l, LEXER_IMPORT, p, end);
	if ((l->words & LEXER_WORDS_PUSH_POP) != 0 && (contains(p, end, "PUSH") || contains(p, end, "POP")) &&
	    is_alone(l, p, end)) {
		l->text = p;
		l->length = (size_t)(end - p);
		return found(l, LEXER_WORD, p, end);
	}
	return LEXER_END;
}

/*
 * Is p at a directive of the assembler that reads a file? Returns behind its name, or NULL. What .include reads may
 * read more, so of that one the file's name is of no use.
 */
static const char *
reads(const char *p, bool *is_include)
{
	*is_include = strncmp(p, ".incl", 5) == 0;
	if (strncmp(p, ".incbin", 7) == 0)
		p += 7;
	else if (strncmp(p, ".include", 8) == 0)
		p += 8;
	else
		return NULL;
	return *p == ' ' || *p == '\t' || *p == '"' || *p == '\\' ? p : NULL;
}

/* In assembler text: .incbin "name". */
static enum lexer_event
assembler(struct lexer *l, const char *p)
{
	bool is_include;
	const char *text = reads(p, &is_include), *end;

	if (text == NULL || (p > l->begin && tokens_skip_name(p - 1, p, l->mode) == p))
		return LEXER_END;
	const char *next = *text == '\\' ? lexer_splice_end(text) : text;

	if (next == NULL || *next == '\0' || strchr(" \t\"", *next) == NULL)
		return LEXER_END;
	while (*text == ' ' || *text == '\t' || (*text == '\\' && lexer_splice_end(text) != NULL))
		text = *text == '\\' ? lexer_splice_end(text) : text + 1;
	if (*text == '\r' || *text == '\n' || *text == '\0')
		return LEXER_END;
	end = *text == '"' ? lexer_skip_literal(l, text) : text;
	l->text = l->clean;
	l->length = (size_t)(lexer_copy_unspliced(l->clean, text, end) - l->clean);
	if (is_include || l->length < 3 || l->text[l->length - 1] != '"' || memchr(l->text, '\\', l->length) != NULL)
		return unmodelled(l, UNMODELLED_ASSEMBLER, p, text);
	l->text++;
	l->length -= 2;
	return found(l, LEXER_READ, p, end);
}

enum lexer_event
words_find(struct lexer *l, const char *end)
{
	bool is_assembler = (l->mode & PROGRAM_ASSEMBLER) != 0;
	const char *p = l->at;

	while (p < end) {
		const char *next = tokens_skip_name(p, end, l->mode);
		enum lexer_event event = LEXER_END;

		if (next > p)
			event = name(l, p, next);
		else if (*p == '.' && is_assembler)
			event = assembler(l, p);
		else if (*p == '(')
			l->depth++;
		else if (*p == ')' && l->depth > 0)
			l->depth--;
		if (event != LEXER_END)
			return event;
		p = next > p ? next : p + 1;
	}
	return LEXER_END;
}

/* The name in \"name\" at p; its length, or 0: there is none that can be read here. */
static size_t
quoted_name(const char *p, const char *end)
{
	size_t length = 0;

	if (end - p < 4 || p[0] != '\\' || p[1] != '"')
		return 0;
	for (p += 2; p + 1 < end && *p != '\\' && *p != '"'; p++)
		length++;
	return p + 1 < end && p[0] == '\\' && p[1] == '"' ? length : 0;
}

/* Does a name of the assembler go on at p? Not behind an escape sequence, such as "\n". */
static bool
goes_on(const char *begin, const char *p, unsigned mode)
{
	const char *name = p;

	while (name > begin && tokens_skip_name(name - 1, name, mode) == name)
		name--;
	return name < p && (name == begin || name[-1] != '\\');
}

bool
words_in_literal(struct lexer *l, const char *p)
{
	const char *begin = l->clean, *end;

	if ((l->words & LEXER_WORDS_ASSEMBLER) == 0 || (l->mode & PROGRAM_ASSEMBLER) != 0 || *p != '"')
		return false;
	end = lexer_copy_unspliced(l->clean, p, l->at);
	l->clean[end - begin] = '\0';
	for (const char *q = begin; q < end; q++) {
		bool is_include;
		const char *text = *q == '.' ? reads(q, &is_include) : NULL;

		if (text == NULL || goes_on(begin, q, l->mode))
			continue;
		text += strspn(text, " \t");
		l->length = is_include ? 0 : quoted_name(text, end);
		l->text = l->length > 0 ? text + 2 : begin;
		found(l, LEXER_READ, p, l->at);
		return true;
	}
	return false;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traits of the language are tried out rather than derived from -std, for compilers and their versions
 * differ. Each question is compared with the two usual answers first, for clang prints some values
 * with a suffix, and "defined X" only has a value in a condition:
 *
 *     dcc_begin
 *     #if 1 == 2 / * * / ...      each trait prints "dcc_trait NAME" where it holds
 *     #if ((QUESTION) == 0)       each question "dcc_answer NUMBER VALUE"
 *     dcc_end
 *
 * What stands before dcc_begin was there before any source: the compiler's own macros (and, between
 * line markers with its name, the header that it enters by itself).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interview.h"
#include "path.h"
#include "program.h"
#include "xalloc.h"

static const char probes[] =
	"dcc_begin\n"
	"#if '?\?=' == '#'\n"
	"dcc_trait trigraphs\n"
	"#endif\n"
	"#if 1 == 2 //**/ 2\n"
	"#else\n"
	"dcc_trait line-comments\n"
	"#endif\n"
	"R\"(\n"
	"#define DCC_NO_RAW_STRINGS\n"
	")\"\n"
	"#ifndef DCC_NO_RAW_STRINGS\n"
	"dcc_trait raw-strings\n"
	"#endif\n"
	"1'a/*'\n"
	"#define DCC_NO_DIGIT_SEPARATORS\n"
	"/**/\n"
	"#ifndef DCC_NO_DIGIT_SEPARATORS\n"
	"dcc_trait digit-separators\n"
	"#endif\n"
	"#if 0\n"
	"#elifndef DCC_NOTHING\n"
	"dcc_trait elifdef\n"
	"#endif\n";

static const struct {
	const char *name;
	unsigned bit;
} traits[] = {
	{"trigraphs", PROGRAM_TRIGRAPHS},
	{"line-comments", PROGRAM_LINE_COMMENTS},
	{"raw-strings", PROGRAM_RAW_STRINGS},
	{"digit-separators", PROGRAM_DIGIT_SEPARATORS},
	{"elifdef", PROGRAM_ELIFDEF},
};

void
interview_release(struct interview *i)
{
	free(i->predefines);
	free(i->odd);
	strv_release(&i->quote);
	strv_release(&i->bracket);
	strv_release(&i->missing);
	strv_release(&i->duplicates);
	*i = (struct interview){0};
}

bool
interview_is_question(const char *question)
{
	size_t n = strlen(question);

	if (n == 0 || n > INTERVIEW_QUESTION_MAX || question[n - 1] == '\\')
		return false;
	for (; *question != '\0'; question++)
		if ((unsigned char)*question < ' ')
			return false;
	return true;
}

void
interview_format(const struct interview_answer answers[], size_t count, enum args_language language, struct buffer *b)
{
	buffer_add_string(b, probes);
	if (language == ARGS_LANG_CXX || language == ARGS_LANG_OBJCXX)
		buffer_add_string(b, "#if 1 and true\n#else\ndcc_odd no words for operators\n#endif\n");
	if (language != ARGS_LANG_ASM_CPP)
		buffer_add_string(b, "#define dcc$1 1\n#if dcc$1\n#else\ndcc_odd no $ in identifiers\n#endif\n");
	for (size_t i = 0; i < count; i++) {
		const char *q = answers[i].question;
		char *text = xasprintf("#if ((%s) == 0)\ndcc_answer %zu 0\n#elif ((%s) == 1)\ndcc_answer %zu 1\n"
		                       "#elif ((%s) || 1)\ndcc_answer %zu %s\n#endif\n",
		                       q, i, q, i, q, i, q);

		buffer_add_string(b, text);
		free(text);
	}
	buffer_add_string(b, "dcc_end\n");
}

/* The next line, ended with a NUL; NULL at the end of the text. */
static char *
next_line(char **text)
{
	char *line = *text;
	size_t n = strcspn(line, "\n");

	if (line[0] == '\0')
		return NULL;
	*text = line + n + (line[n] == '\n' ? 1 : 0);
	line[n] = '\0';
	if (n > 0 && line[n - 1] == '\r')
		line[n - 1] = '\0';
	return line;
}

static const char *
after(const char *line, const char *head)
{
	size_t n = strlen(head);

	return strncmp(line, head, n) == 0 ? line + n : NULL;
}

/* ---- standard output ---- */

struct output {
	struct interview *i;
	struct interview_answer *answers;
	size_t count;
	struct buffer predefines;
	bool has_begun;     /* dcc_begin was seen */
	bool has_ended;
	bool is_in_file;    /* before dcc_begin: the lines come from a file */
};

/* # LINE "FILE" FLAGS: FILE is "<built-in>" and the like, with -g "FOLDER//", or a file that was entered. */
static void
read_marker(struct output *o, const char *line)
{
	const char *name = strchr(line, '"');
	const char *end = name != NULL ? strchr(name + 1, '"') : NULL;

	if (end == NULL || end < name + 3 || o->has_begun)
		return;
	o->is_in_file = name[1] != '<' && strncmp(end - 2, "//", 2) != 0;
	if (!o->is_in_file)
		return;
	char *path = xstrndup(name + 1, (size_t)(end - name - 1));

	if (strcmp(path_base(path), INTERVIEW_PREINCLUDE) == 0)
		o->i->has_preinclude = true;
	else
		o->i->odd = o->i->odd == NULL ? xasprintf("the compiler includes %s by itself", path) : o->i->odd;
	free(path);
}

static void
read_trait(struct output *o, const char *name)
{
	for (size_t t = 0; t < sizeof(traits) / sizeof(traits[0]); t++)
		if (strcmp(name, traits[t].name) == 0)
			o->i->mode |= traits[t].bit;
}

/* NUMBER VALUE; a value may have a suffix, as in 201907L. */
static void
read_answer(struct output *o, const char *text)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	if (end == text || number >= o->count || *end != ' ')
		return;
	const char *value = end + 1;
	long long v = strtoll(value, &end, 10);

	if (end == value || end[strspn(end, "uUlL ")] != '\0')
		return;
	o->answers[number].value = v;
	o->answers[number].is_known = true;
}

static void
read_output_line(struct output *o, const char *line)
{
	const char *rest;

	if (line[0] == '#' && line[1] == ' ') {
		read_marker(o, line);
	} else if (!o->has_begun && line[0] == '#' && !o->is_in_file) {
		buffer_add_string(&o->predefines, line);
		buffer_add_string(&o->predefines, "\n");
		if (after(line, "#define _MSC_VER ") != NULL && o->i->odd == NULL)
			o->i->odd = xstrdup("Microsoft's rules for including");
	} else if (strcmp(line, "dcc_begin") == 0) {
		o->has_begun = true;
	} else if (o->has_begun && (rest = after(line, "dcc_trait ")) != NULL) {
		read_trait(o, rest);
	} else if (o->has_begun && (rest = after(line, "dcc_odd ")) != NULL && o->i->odd == NULL) {
		o->i->odd = xstrdup(rest);
	} else if (o->has_begun && (rest = after(line, "dcc_answer ")) != NULL) {
		read_answer(o, rest);
	} else if (o->has_begun && strcmp(line, "dcc_end") == 0) {
		o->has_ended = true;
	}
}

enum err
interview_parse_output(char *text, struct interview *i, struct interview_answer answers[], size_t count)
{
	struct output o = {.i = i, .answers = answers, .count = count};
	char *line;

	while ((line = next_line(&text)) != NULL)
		read_output_line(&o, line);
	i->predefines = buffer_take_string(&o.predefines);
	return o.has_ended ? OK : ERR_PROTOCOL;
}

/* ---- messages ---- */

enum place { BEFORE_LISTS, IN_QUOTE, IN_BRACKET, BEHIND_LISTS };

struct messages {
	struct interview *i;
	struct strv user;        /* those of user_folders that may stand in bracket */
	enum place place;
	char *duplicate;         /* of the line before, borrowed from the text, or NULL */
	bool has_other;          /* a framework or a header map */
};

/* Are they one folder, by what the command says and by what the compiler prints? */
static bool
is_same_folder(const char *said, const char *printed)
{
	size_t n = strlen(said);
	size_t m = strlen(printed);
	size_t sysroot = said[0] == '=' || said[0] == '*' ? 1 : after(said, "$SYSROOT") != NULL ? strlen("$SYSROOT") : 0;

	while (n > 1 && said[n - 1] == '/')
		n--;
	while (m > 1 && printed[m - 1] == '/')
		m--;
	if (sysroot == 0)
		return n == m && strncmp(said, printed, n) == 0;
	n -= sysroot < n ? sysroot : n;
	return n <= m && strncmp(said + sysroot, printed + m - n, n) == 0;
}

/* Their duplicates among the system folders are what counts. */
static void
drop_user_folder(struct messages *m, const char *printed)
{
	for (size_t k = 0; k < m->user.count; k++)
		if (is_same_folder(m->user.items[k], printed)) {
			strv_remove(&m->user, k);
			return;
		}
}

/* The text between the first and the last '"', in place; NULL if there is none. */
static char *
quoted(char *line)
{
	char *start = strchr(line, '"');
	char *end = start != NULL ? strrchr(start + 1, '"') : NULL;

	if (end == NULL)
		return NULL;
	*end = '\0';
	return start + 1;
}

static void
read_before_lists(struct messages *m, char *line)
{
	if (after(line, "ignoring nonexistent directory ") != NULL) {
		char *path = quoted(line);

		if (path != NULL)
			strv_add(&m->i->missing, path);
	} else if (after(line, "ignoring duplicate directory ") != NULL) {
		m->duplicate = quoted(line);
		if (m->duplicate != NULL)
			strv_add(&m->i->duplicates, m->duplicate);
	} else if (m->duplicate != NULL && strstr(line, "a non-system directory that duplicates a system") != NULL) {
		drop_user_folder(m, m->duplicate);
	}
}

static void
read_folder(struct messages *m, const char *path)
{
	if (strstr(path, " (framework directory)") != NULL || strstr(path, " (headermap)") != NULL)
		m->has_other = true;
	strv_add(m->place == IN_QUOTE ? &m->i->quote : &m->i->bracket, path);
}

static void
read_message_line(struct messages *m, char *line)
{
	if (strcmp(line, "#include \"...\" search starts here:") == 0)
		m->place = IN_QUOTE;
	else if (strcmp(line, "#include <...> search starts here:") == 0)
		m->place = IN_BRACKET;
	else if (strcmp(line, "End of search list.") == 0)
		m->place = BEHIND_LISTS;
	else if (m->place == BEFORE_LISTS)
		read_before_lists(m, line);
	else if (m->place != BEHIND_LISTS && line[0] == ' ')
		read_folder(m, line + 1);
}

/*
 * The list does not tell which folders came from -I. They come first, and without those that were
 * dropped for a system folder's sake, no system folder is spelled as one of them.
 */
static void
count_user_folders(struct messages *m)
{
	size_t next = 0;

	for (size_t k = 0; k < m->i->bracket.count; k++) {
		while (next < m->user.count && !is_same_folder(m->user.items[next], m->i->bracket.items[k]))
			next++;
		if (next == m->user.count)
			return;
		next++;
		m->i->user_count = k + 1;
	}
}

enum err
interview_parse_messages(char *text, const struct strv *user_folders, struct interview *i)
{
	struct messages m = {.i = i};
	char *line;

	if (user_folders->count > 0)
		strv_add_all(&m.user, user_folders->items);
	while (m.place != BEHIND_LISTS && (line = next_line(&text)) != NULL)
		read_message_line(&m, line);
	count_user_folders(&m);
	strv_release(&m.user);
	return m.place == BEHIND_LISTS && !m.has_other ? OK : ERR_PROTOCOL;
}

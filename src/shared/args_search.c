/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "args_search.h"
#include "args_table.h"
#include "buffer.h"
#include "xalloc.h"

/*
 * Both drivers hand the preprocessor first the options that they know, each kind in the order of the
 * command line, then the words of -Wp and -Xpreprocessor. What no row here names counts by its class
 * in args_table; what may change a macro of the compiler's stays in the dialect, known or not.
 */
enum part {
	PART_BY_CLASS,
	PART_DIALECT,
	PART_HARMLESS,     /* neither macros nor folders depend on it */
	PART_REFUSED,
	PART_DEFINE,
	PART_UNDEFINE,
	PART_IMACROS,
	PART_INCLUDE,
	PART_USER_FOLDER,
	PART_AFTER_FOLDER,
	PART_QUOTE_FOLDER,
	PART_SYSTEM_FOLDER,
	PART_ROOT,         /* a folder that others are below */
	PART_PREFIXED,     /* among the folders: their order counts */
	PART_USER_PREFIXED,
	PART_NO_STANDARD,
	PART_DEPEND_ALL,
	PART_DEPEND_USER,
	PART_CHARSET,
	PART_SPELLING,
	PART_LATER         /* -Wp, -Xpreprocessor */
};

struct row {
	const char *name;
	enum part part;
};

/* By the names of args_table, in the order of their bytes. */
static const struct row options[] = {
	{"--define-macro", PART_DEFINE},
	{"--define-macro=", PART_DEFINE},
	{"--imacros", PART_IMACROS},
	{"--imacros=", PART_IMACROS},
	{"--include", PART_INCLUDE},
	{"--include-directory", PART_USER_FOLDER},
	{"--include-directory-after", PART_AFTER_FOLDER},
	{"--include-directory-after=", PART_AFTER_FOLDER},
	{"--include-directory=", PART_USER_FOLDER},
	{"--include-prefix", PART_PREFIXED},
	{"--include-prefix=", PART_PREFIXED},
	{"--include-with-prefix", PART_PREFIXED},
	{"--include-with-prefix-after", PART_PREFIXED},
	{"--include-with-prefix-after=", PART_PREFIXED},
	{"--include-with-prefix-before", PART_USER_PREFIXED},
	{"--include-with-prefix-before=", PART_USER_PREFIXED},
	{"--include-with-prefix=", PART_PREFIXED},
	{"--include=", PART_INCLUDE},
	{"--serialize-diagnostics", PART_HARMLESS},
	{"--sysroot", PART_ROOT},
	{"--sysroot=", PART_ROOT},
	{"--traditional", PART_REFUSED},
	{"--traditional-cpp", PART_REFUSED},
	{"--undefine-macro", PART_UNDEFINE},
	{"--undefine-macro=", PART_UNDEFINE},
	{"-D", PART_DEFINE},
	{"-F", PART_REFUSED},
	{"-I", PART_USER_FOLDER},
	{"-L", PART_HARMLESS},
	{"-MD", PART_DEPEND_ALL},
	{"-MMD", PART_DEPEND_USER},
	{"-U", PART_UNDEFINE},
	{"-W", PART_HARMLESS},
	{"-Werror=pedantic", PART_HARMLESS},
	{"-Werror=unused-macros", PART_HARMLESS},
	{"-Wl,", PART_HARMLESS},
	{"-Wno-pedantic", PART_HARMLESS},
	{"-Wno-unused-macros", PART_HARMLESS},
	{"-Wp,", PART_LATER},
	{"-Wpedantic", PART_HARMLESS},
	{"-Wunused-macros", PART_HARMLESS},
	{"-Xlinker", PART_HARMLESS},
	{"-Xpreprocessor", PART_LATER},
	{"-cxx-isystem", PART_SYSTEM_FOLDER},
	{"-fcallgraph-info", PART_HARMLESS},
	{"-fcolor-diagnostics", PART_HARMLESS},
	{"-fdebug-compilation-dir", PART_HARMLESS},
	{"-fdiagnostics-color", PART_HARMLESS},
	{"-fdiagnostics-format=", PART_HARMLESS},
	{"-fdiagnostics-plain-output", PART_HARMLESS},
	{"-fdump-", PART_HARMLESS},
	{"-fdump-go-spec=", PART_HARMLESS},
	{"-finput-charset=", PART_CHARSET},
	{"-fno-color-diagnostics", PART_HARMLESS},
	{"-fno-diagnostics-color", PART_HARMLESS},
	{"-fno-working-directory", PART_HARMLESS},
	{"-fsave-optimization-record", PART_HARMLESS},
	{"-fstack-usage", PART_HARMLESS},
	{"-fworking-directory", PART_HARMLESS},
	{"-idirafter", PART_AFTER_FOLDER},
	{"-iframework", PART_REFUSED},
	{"-iframeworkwithsysroot", PART_REFUSED},
	{"-imacros", PART_IMACROS},
	{"-include", PART_INCLUDE},
	{"-iprefix", PART_PREFIXED},
	{"-iquote", PART_QUOTE_FOLDER},
	{"-isysroot", PART_ROOT},
	{"-isystem", PART_SYSTEM_FOLDER},
	{"-isystem-after", PART_SYSTEM_FOLDER},
	{"-iwithprefix", PART_PREFIXED},
	{"-iwithprefixbefore", PART_USER_PREFIXED},
	{"-l", PART_HARMLESS},
	{"-nostdinc", PART_NO_STANDARD},
	{"-pipe", PART_HARMLESS},
	{"-remap", PART_REFUSED},
	{"-rpath", PART_HARMLESS},
	{"-serialize-diagnostics", PART_HARMLESS},
	{"-stdlib++-isystem", PART_SYSTEM_FOLDER},
	{"-traditional", PART_REFUSED},
	{"-traditional-cpp", PART_REFUSED},
	{"-u", PART_HARMLESS},
	{"-w", PART_HARMLESS},
	{"-z", PART_HARMLESS},
};

/* By what a word of a family begins with. */
static const struct row heads[] = {
	{"-fcanonical-system-headers", PART_SPELLING},
	{"-fcoverage-compilation-dir=", PART_HARMLESS},
	{"-fcoverage-prefix-map=", PART_HARMLESS},
	{"-fdebug-compilation-dir=", PART_HARMLESS},
	{"-fdebug-prefix-map=", PART_HARMLESS},
	{"-fdiagnostics-", PART_HARMLESS},
	{"-ferror-limit=", PART_HARMLESS},
	{"-ffile-compilation-dir=", PART_HARMLESS},
	{"-ffile-prefix-map=", PART_HARMLESS},
	{"-fmacro-prefix-map=", PART_HARMLESS},
	{"-fmax-errors=", PART_HARMLESS},
	{"-fmessage-length=", PART_HARMLESS},
	{"-fms-compatibility", PART_REFUSED},
	{"-fno-canonical-system-headers", PART_SPELLING},
	{"-fno-diagnostics-", PART_HARMLESS},
	{"-fno-dollars-in-identifiers", PART_REFUSED},
	{"-fno-extended-identifiers", PART_REFUSED},
	{"-fno-operator-names", PART_REFUSED},
	{"-fprofile-prefix-map=", PART_HARMLESS},
	{"-fprofile-prefix-path=", PART_HARMLESS},
	{"-frandom-seed=", PART_HARMLESS},
};

struct reader {
	struct args_search *s;
	struct buffer macros;
	struct strv later;  /* words of -Wp and -Xpreprocessor */
	bool is_later;      /* they are being read */
	struct strv after, quote, system;
};

/* One option, as it stands in words. */
struct word {
	char *const *words;
	size_t i;
	struct option_match m;
};

static void
refuse(struct reader *r, const char *word)
{
	if (r->s->refused == NULL)
		r->s->refused = xstrdup(word);
}

/* ---- which part ---- */

static enum part
part_of_class(enum option_class class)
{
	switch (class) {
	case OPTION_BOTH:
	case OPTION_CPP:
	case OPTION_MACRO:
	case OPTION_LINK:
		return PART_DIALECT;
	case OPTION_COMPILE:
	case OPTION_DEPEND:
	case OPTION_LANGUAGE:
	case OPTION_OUTPUT:
		return PART_HARMLESS;
	case OPTION_HERE:
		return PART_REFUSED;
	}
	return PART_REFUSED;
}

static int
compare_name(const void *name, const void *row)
{
	return strcmp(name, ((const struct row *)row)->name);
}

static enum part
part_of(const struct option *o, const char *word)
{
	static const size_t option_count = sizeof(options) / sizeof(options[0]);
	static const size_t head_count = sizeof(heads) / sizeof(heads[0]);
	const struct row *row = bsearch(o->name, options, option_count, sizeof(options[0]), compare_name);

	if (row != NULL)
		return row->part;
	for (size_t i = 0; i < head_count && o->form == OPTION_JOINED; i++)
		if (strncmp(heads[i].name, word, strlen(heads[i].name)) == 0)
			return heads[i].part;
	return part_of_class(o->class);
}

/* ---- what becomes of it ---- */

/* For a question to the compiler; words from within -Wp can only go where they came from. */
static void
keep(struct reader *r, const struct word *w, struct strv *out)
{
	for (size_t k = 0; k < w->m.width; k++) {
		if (r->is_later)
			strv_add(out, "-Xpreprocessor");
		strv_add(out, w->words[w->i + k]);
	}
}

/*
 * As a directive. The compilers read it without phases 1 and 2, so text in which these would find
 * something means another thing in a file; and a comment left open would swallow what follows.
 */
static void
define(struct reader *r, const char *text)
{
	char *line = xstrndup(text, strcspn(text, "\n"));
	char *equals = strchr(line, '=');
	size_t n = strlen(line);

	while (n > 0 && strchr(" \t\f\v\r", line[n - 1]) != NULL)
		n--;
	if (n == 0 || line[n - 1] == '\\' || strstr(line, "/*") != NULL || strstr(line, "?""?") != NULL)
		refuse(r, "-D");
	if (equals != NULL)
		*equals = ' ';
	buffer_add_string(&r->macros, "#define ");
	buffer_add_string(&r->macros, line);
	buffer_add_string(&r->macros, equals != NULL ? "\n" : " 1\n");
	free(line);
}

static void
undefine(struct reader *r, const char *name)
{
	if (name[strcspn(name, "\n\\/?")] != '\0')
		refuse(r, "-U");
	buffer_add_string(&r->macros, "#undef ");
	buffer_add_string(&r->macros, name);
	buffer_add_string(&r->macros, "\n");
}

/* Names with control characters would break the lines of what the compiler answers. */
static bool
is_readable(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	return true;
}

static void
note_folder(struct reader *r, const char *folder)
{
	if (!is_readable(folder))
		refuse(r, "a folder's name");
	if (folder[0] != '/')
		r->s->has_relative_folder = true;
}

static void
add_prefixed(struct reader *r, const char *folder)
{
	char *pattern = xmalloc(strlen(folder) + 2);

	pattern[0] = '*';
	memcpy(pattern + 1, folder, strlen(folder) + 1);
	strv_take(&r->s->user_folders, pattern);
}

static void
add_prefixed_folder(struct reader *r, enum part part, const struct word *w)
{
	note_folder(r, w->m.value);
	if (part == PART_USER_PREFIXED)
		add_prefixed(r, w->m.value);
	keep(r, w, part == PART_ROOT ? &r->s->dialect : &r->s->folders);
}

static void
add_folder(struct reader *r, const struct word *w, struct strv *list)
{
	note_folder(r, w->m.value);
	strv_add(list, w->m.value);
	keep(r, w, &r->s->folders);
}

static void
add_later(struct reader *r, const struct word *w)
{
	if (strcmp(w->m.option->name, "-Wp,") != 0)
		strv_add(&r->later, w->m.value);
	else
		args_wp_split(w->words[w->i], &r->later);
}

/* Asked for both, gcc lists less, clang more. */
static void
note_dependencies(struct reader *r, enum args_dependencies asked)
{
	enum args_dependencies *gcc = &r->s->dependencies[ARGS_GCC];
	enum args_dependencies *clang = &r->s->dependencies[ARGS_CLANG];

	if (*gcc != ARGS_DEPENDENCIES_USER)
		*gcc = asked;
	if (*clang != ARGS_DEPENDENCIES_ALL)
		*clang = asked;
}

static void
read_option(struct reader *r, const struct word *w)
{
	const char *value = w->m.value;
	enum part part = part_of(w->m.option, w->words[w->i]);

	switch (part) {
	case PART_DEFINE:
		define(r, value);
		break;
	case PART_UNDEFINE:
		undefine(r, value);
		break;
	case PART_IMACROS:
		strv_add(&r->s->imacros, value);
		break;
	case PART_INCLUDE:
		strv_add(&r->s->includes, value);
		break;
	case PART_USER_FOLDER:
		add_folder(r, w, &r->s->user_folders);
		break;
	case PART_AFTER_FOLDER:
		add_folder(r, w, &r->after);
		break;
	case PART_QUOTE_FOLDER:
		add_folder(r, w, &r->quote);
		break;
	case PART_SYSTEM_FOLDER:
		add_folder(r, w, &r->system);
		break;
	case PART_ROOT:
	case PART_PREFIXED:
	case PART_USER_PREFIXED:
		add_prefixed_folder(r, part, w);
		break;
	case PART_NO_STANDARD:
		r->s->has_no_standard_folders = true;
		keep(r, w, &r->s->dialect);
		break;
	case PART_DEPEND_ALL:
	case PART_DEPEND_USER:
		note_dependencies(r, part == PART_DEPEND_ALL ? ARGS_DEPENDENCIES_ALL : ARGS_DEPENDENCIES_USER);
		break;
	case PART_CHARSET:
		if (strcasecmp(value, "utf-8") != 0)
			refuse(r, w->words[w->i]);
		break;
	case PART_SPELLING:
		r->s->keeps_spelling = strncmp(w->words[w->i], "-fno-", 5) == 0;
		break;
	case PART_LATER:
		/* For the driver alone: inside its own values these words are none, and the list is being read. */
		if (r->is_later)
			refuse(r, w->words[w->i]);
		else
			add_later(r, w);
		break;
	case PART_DIALECT:
		keep(r, w, &r->s->dialect);
		break;
	case PART_REFUSED:
		refuse(r, w->words[w->i]);
		break;
	case PART_HARMLESS:
	case PART_BY_CLASS:
		break;
	}
}

static void
note_wp_dependencies(struct reader *r, const char *word)
{
	bool is_user = strncmp(word, "-Wp,-MMD", strlen("-Wp,-MMD")) == 0;

	note_dependencies(r, is_user ? ARGS_DEPENDENCIES_USER : ARGS_DEPENDENCIES_ALL);
}

static void
read_words(struct reader *r, char *const *words, size_t first, size_t count)
{
	for (size_t i = first; i < count;) {
		struct word w = {words, i, args_table_find(words, i, count)};

		if (args_wp_dependency(words[i]) != NULL)
			note_wp_dependencies(r, words[i]);
		else if (w.m.option != NULL && w.m.value != NULL)
			read_option(r, &w);
		else if (words[i][0] == '-' || r->is_later)
			refuse(r, words[i]);
		i += w.m.width;
	}
}

static void
move_all(struct strv *from, struct strv *to)
{
	if (from->count > 0)
		strv_add_all(to, from->items);
	strv_release(from);
}

void
args_search_parse(const struct args *a, struct args_search *s)
{
	struct reader r = {.s = s};

	read_words(&r, a->argv.items, 1, a->argv.count);
	r.is_later = true;
	read_words(&r, r.later.items, 0, r.later.count);
	move_all(&r.after, &s->other_folders);
	move_all(&r.quote, &s->other_folders);
	move_all(&r.system, &s->other_folders);
	s->macros = buffer_take_string(&r.macros);
	strv_release(&r.later);
}

void
args_search_release(struct args_search *s)
{
	free(s->refused);
	free(s->macros);
	strv_release(&s->imacros);
	strv_release(&s->includes);
	strv_release(&s->dialect);
	strv_release(&s->folders);
	strv_release(&s->user_folders);
	strv_release(&s->other_folders);
	*s = (struct args_search){0};
}

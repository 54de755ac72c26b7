/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "args_scan.h"
#include "args_table.h"
#include "path.h"
#include "word.h"
#include "xalloc.h"

/*
 * Judges a compiler command: one pass over its words, each looked up in the table, notes what they
 * say; then the verdict. A wrong "away" breaks a build, a wrong "here" only costs time: so whatever
 * is unknown, or reads or writes a file of its own, stays here.
 */
/* ---- inputs ---- */

/* Suffixes of what a driver compiles, but we do not send; anything else is for the linker. */
static bool
is_other_language(const char *path)
{
	static const char *const others[] = {
		".h", ".hh", ".H", ".hp", ".hxx", ".hpp", ".HPP", ".h++", ".tcc", ".f", ".F", ".for",
		".FOR", ".fpp", ".FPP", ".ftn", ".FTN", ".f90", ".F90", ".f95", ".F95", ".f03", ".F03",
		".f08", ".F08", ".adb", ".ads", ".d", ".di", ".go", ".cu", ".cl", ".hip", ".cppm",
		".ixx", ".ccm", ".cxxm", ".c++m", ".ll", ".bc", ".rs", ".mod", ".def", NULL
	};

	return word_is_one_of(path_extension(path), others);
}

static enum args_language
language_of(const struct args_scan *s, const char *path, bool *is_preprocessed)
{
	if (s->is_forced) {
		*is_preprocessed = s->forced_is_preprocessed;
		return s->forced;
	}
	enum args_language language = args_suffix_language(path, is_preprocessed);

	return language == ARGS_LANG_C && s->is_cxx_driver ? ARGS_LANG_CXX : language;
}

static void
note_input(struct args_scan *s, size_t i)
{
	struct args *a = s->a;
	const char *word = a->argv.items[i];
	bool is_preprocessed;
	enum args_language language = language_of(s, word, &is_preprocessed);

	if (strcmp(word, "-") == 0) {
		args_stay(a, REASON_STDIN, NULL);
	} else if (language != ARGS_LANG_NONE) {
		if (++s->sources > 1)
			return;
		a->source = i;
		a->language = language;
		a->is_preprocessed = is_preprocessed;
	} else if (s->is_forced || is_other_language(word)) {
		args_stay(a, REASON_LANGUAGE, word);
	} else {
		args_stay(a, REASON_LOCAL_FILE, word);
	}
}

/* ---- the verdict ---- */

/* The words, from the first to the last: -x counts only for what stands behind it. */
static void
read_words(struct args_scan *s)
{
	struct strv *argv = &s->a->argv;

	for (size_t i = 1; i < argv->count;) {
		const char *word = argv->items[i];
		struct option_match m = args_table_find(argv->items, i, argv->count);

		if (word[0] != '-' || word[1] == '\0')
			note_input(s, i);
		else if (m.option == NULL)
			args_stay(s->a, REASON_UNKNOWN_OPTION, word);
		else if (m.value == NULL)
			args_stay(s->a, REASON_BAD_COMMAND, word);
		else
			args_note_option(s, i, &m);
		if (m.option != NULL && m.option->class == OPTION_HERE)
			args_stay(s->a, m.option->reason, word);
		i += m.width;
	}
}

/* "-o"'s value with ".d" instead of what follows its last dot, be that the first byte of the name. */
static char *
dep_file_of_output(const char *object)
{
	const char *base = path_base(object);
	const char *dot = strrchr(base, '.');
	size_t n = dot != NULL ? (size_t)(dot - object) : strlen(object);

	return xasprintf("%.*s.d", (int)n, object);
}

/*
 * Where the dependencies go, and their target. Both compilers agree: the file is -MF's, else that of -o, else
 * of the source, in the current directory; the target is -o's value, else the source's name with .o, for -S too.
 */
static void
find_dependencies(struct args_scan *s, const char *source)
{
	struct args *a = s->a;
	bool is_wanted = s->seen[EFFECT_DEPEND] || s->wp_file != NULL;

	if (!is_wanted) {
		if (s->dep_file != NULL || s->seen[EFFECT_DEPEND_TARGET] || s->seen[EFFECT_DEPEND_DETAIL])
			args_stay(a, REASON_BAD_COMMAND, "-MD is missing");
		return;
	}
	a->dep_by_wp = s->wp_file != NULL;
	if (a->dep_by_wp && (s->seen[EFFECT_DEPEND] || s->dep_file != NULL))
		args_stay(a, REASON_LOCAL_OPTION, s->wp_file);
	if (a->dep_by_wp)
		a->dep_file = xstrdup(s->wp_file);
	else if (s->dep_file != NULL)
		a->dep_file = xstrdup(s->dep_file);
	else
		a->dep_file = a->output != 0 ? dep_file_of_output(a->object) : args_default_name(source, ".d");
	if (!s->seen[EFFECT_DEPEND_TARGET])
		a->dep_target = a->output != 0 ? xstrdup(a->object) : args_default_name(source, ".o");
	if (args_is_special_file(a->dep_file))
		args_stay(a, REASON_OUTPUT, a->dep_file);
}

static const char *
default_suffix(const struct args_scan *s)
{
	if (s->seen[EFFECT_BITCODE])
		return s->a->stops_at_assembly ? ".ll" : ".bc";
	return s->a->stops_at_assembly ? ".s" : ".o";
}

/*
 * gcc: the object's name with .gcda, unless options say where profiles lie; clang: always the same. What is not there
 * is read nowhere.
 */
static void
find_own_profile(const struct args_scan *s)
{
	struct args *a = s->a;
	size_t n = strlen(a->object);

	if (n < 3 || strcmp(a->object + n - 2, ".o") != 0) {
		args_stay(a, REASON_LOCAL_FILE, "-fprofile-use");
		return;
	}
	for (size_t i = 1; i < a->argv.count; i++)
		if (word_starts_with(a->argv.items[i], "-fprofile-dir") || word_starts_with(a->argv.items[i], "-fprofile-generate="))
			args_stay(a, REASON_LOCAL_FILE, a->argv.items[i]);
	strv_take(&a->inputs, xasprintf("%.*s.gcda", (int)(n - 2), a->object));
	strv_add(&a->inputs, "default.profdata");
}

/* With exactly one source. */
static void
judge_files(struct args_scan *s)
{
	struct args *a = s->a;
	const char *source = a->argv.items[a->source];
	const char *base = path_base(source);

	if (a->object == NULL)
		a->object = args_default_name(source, default_suffix(s));
	if (args_is_special_file(a->object))
		args_stay(a, REASON_OUTPUT, a->object);
	if (args_is_special_file(source))
		args_stay(a, REASON_NO_SOURCE, source);
	if (word_starts_with(base, "conftest.") || word_starts_with(base, "tmp.conftest."))
		args_stay(a, REASON_CONFTEST, source);
	if (s->seen[EFFECT_PREPROCESSED] && !a->is_preprocessed)
		args_stay(a, REASON_LOCAL_OPTION, "-fpreprocessed");
	if (!a->is_preprocessed)
		find_dependencies(s, source);
	if (s->wants_own_profile)
		find_own_profile(s);
	/* A source that is text already never goes in pump mode. */
	if (a->is_preprocessed && a->inputs.count > 0)
		args_stay(a, REASON_LOCAL_FILE, a->inputs.items[0]);
}

/* What plain mode cannot keep. */
static void
judge_plain(const struct args_scan *s)
{
	struct args *a = s->a;

	/* "#pragma omp" and "#pragma acc" are lost with their lines. */
	a->needs_full_cpp = s->has_unused_macros || s->is_pedantic || s->seen[EFFECT_FULL_CPP] ||
	                    s->seen[EFFECT_PARALLEL];
	a->has_columns = a->has_debug || (a->language != ARGS_LANG_ASM_CPP &&
	                                  (s->seen[EFFECT_COLUMNS] || s->seen[EFFECT_SIDE_OUTPUT] ||
	                                   s->seen[EFFECT_COVERAGE]));
	/* A source that is text already goes away as it is. */
	if (a->is_preprocessed)
		return;
	if (s->seen[EFFECT_PLAIN] || s->seen[EFFECT_PLAIN_CLANG] || s->depends > 1)
		a->here_plain[ARGS_CLANG] = REASON_PLAIN;
	/* clang's DWARF 5 has the MD5 of each file, but not where line markers name other files. */
	if (a->has_debug && !s->has_old_dwarf)
		a->here_plain[ARGS_CLANG] = REASON_PLAIN;
	/* clang's -frewrite-includes is not for assembler, and after -E its line tables differ. */
	if (a->has_debug && a->language == ARGS_LANG_ASM_CPP)
		a->here_plain[ARGS_CLANG] = REASON_PLAIN;
	/* After a full -E the columns differ, and what is sent to other processors has positions. */
	if (s->seen[EFFECT_PLAIN] || s->seen[EFFECT_PARALLEL] || (a->has_columns && a->needs_full_cpp))
		a->here_plain[ARGS_GCC] = REASON_PLAIN;
	for (int k = 0; k < ARGS_COMPILERS && a->inputs.count > 0; k++)
		a->here_plain[k] = REASON_LOCAL_FILE;
}

/* What the whole command is for says more than one of its options. */
static void
override(struct args *a, enum reason reason)
{
	free(a->detail);
	a->detail = NULL;
	a->here = reason;
}

void
args_scan(struct args *a)
{
	struct args_scan s = {.a = a};

	if (a->argv.count == 0) {
		args_stay(a, REASON_BAD_COMMAND, NULL);
		return;
	}
	s.is_cxx_driver = strstr(path_base(a->argv.items[0]), "++") != NULL;
	read_words(&s);
	a->stops_at_assembly = s.seen[EFFECT_ASSEMBLY];
	a->has_side_outputs = s.seen[EFFECT_SIDE_OUTPUT];
	if (s.sources == 0)
		args_stay(a, REASON_NO_SOURCE, NULL);
	if (s.sources > 1) {
		a->source = 0;
		args_stay(a, REASON_SEVERAL_SOURCES, NULL);
	}
	if (a->source != 0)
		judge_files(&s);
	judge_plain(&s);
	/* With -S the drivers only preprocess what is assembler already, and print it. */
	if (a->stops_at_assembly && (a->language == ARGS_LANG_ASM || a->language == ARGS_LANG_ASM_CPP))
		s.seen[EFFECT_PREPROCESS] = true;
	if (s.seen[EFFECT_PREPROCESS])
		override(a, REASON_PREPROCESS_ONLY);
	else if (s.seen[EFFECT_ASKS] || (!s.seen[EFFECT_OBJECT] && !a->stops_at_assembly))
		override(a, REASON_NO_COMPILE);
}

void
args_release(struct args *a)
{
	strv_release(&a->argv);
	strv_release(&a->named_outputs);
	strv_release(&a->grown_outputs);
	strv_release(&a->inputs);
	free(a->detail);
	free(a->object);
	free(a->dep_file);
	free(a->dep_target);
	*a = (struct args){0};
}

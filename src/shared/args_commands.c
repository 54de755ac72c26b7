/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "args_table.h"
#include "path.h"
#include "xalloc.h"

/*
 * The commands that follow from the user's own: to preprocess, to compile the text on a volunteer,
 * to compile it on a stock distccd. The table's classes say which words go into which.
 */

enum args_form
args_best_form(const struct args *a, enum args_compiler compiler, int major)
{
	if (a->is_preprocessed)
		return ARGS_FORM_AS_IS;
	if (compiler == ARGS_CLANG)
		return a->language == ARGS_LANG_ASM_CPP ? ARGS_FORM_CPP : ARGS_FORM_DIRECTIVES;
	return major >= 11 && !a->needs_full_cpp ? ARGS_FORM_DIRECTIVES : ARGS_FORM_CPP;
}

static const struct {
	const char *name;
	const char *suffix;
} languages[] = {
	[ARGS_LANG_NONE] = {"", ""},
	[ARGS_LANG_C] = {"cpp-output", ".i"},
	[ARGS_LANG_CXX] = {"c++-cpp-output", ".ii"},
	[ARGS_LANG_OBJC] = {"objective-c-cpp-output", ".mi"},
	[ARGS_LANG_OBJCXX] = {"objective-c++-cpp-output", ".mii"},
	[ARGS_LANG_ASM] = {"assembler", ".s"},
	[ARGS_LANG_ASM_CPP] = {"assembler", ".s"}
};

const char *
args_language_name(enum args_language language)
{
	return languages[language].name;
}

const char *
args_preprocessed_suffix(enum args_language language)
{
	return languages[language].suffix;
}

static void
copy_words(const struct args *a, size_t i, size_t width, struct strv *out)
{
	for (size_t k = 0; k < width; k++)
		strv_add(out, a->argv.items[i + k]);
}

/* ---- preprocess ---- */

static bool
goes_to_cpp(const char *word, const struct option *o)
{
	if (o == NULL)
		return true;
	if (args_wp_dependency(word) != NULL || o->effect == EFFECT_DEPEND_FILE)
		return false;
	return o->class != OPTION_COMPILE && o->class != OPTION_LINK && o->class != OPTION_OUTPUT;
}

/*
 * -o is gone, so both the file and the target are given. "-Wp,-MD,FILE" becomes "-MD -MF FILE", which
 * is what clang makes of it; gcc hands it to cc1, which does not know of -o and names the source's .o.
 */
static void
add_dependencies(const struct args *a, enum args_compiler compiler, const char *dep_path,
                 struct strv *out)
{
	char *own = NULL;

	if (a->dep_by_wp) {
		for (size_t i = 1; i < a->argv.count; i++)
			if (args_wp_dependency(a->argv.items[i]) != NULL)
				strv_add(out, strncmp(a->argv.items[i], "-Wp,-MMD", 8) == 0 ? "-MMD" : "-MD");
		if (compiler == ARGS_GCC)
			own = args_default_name(a->argv.items[a->source], ".o");
	}
	strv_add(out, "-MF");
	strv_add(out, dep_path != NULL ? dep_path : a->dep_file);
	if (a->dep_target != NULL) {
		strv_add(out, "-MQ");
		strv_add(out, own != NULL ? own : a->dep_target);
	}
	free(own);
}

/* clang++ finds ".c" odd, and would say so in the volunteer's run as well. */
static bool
is_c_as_cxx(const struct args *a)
{
	bool is_preprocessed;

	return a->language == ARGS_LANG_CXX &&
	       args_suffix_language(a->argv.items[a->source], &is_preprocessed) == ARGS_LANG_C;
}

void
args_cpp_command(const struct args *a, enum args_compiler compiler, enum args_form form,
                 const char *dep_path, struct strv *out)
{
	strv_add(out, a->argv.items[0]);
	for (size_t i = 1; i < a->argv.count;) {
		struct option_match m = args_table_find(a->argv.items, i, a->argv.count);

		if (i == a->source && compiler == ARGS_CLANG && is_c_as_cxx(a)) {
			strv_add(out, "-x");
			strv_add(out, "c++");
		}
		if (goes_to_cpp(a->argv.items[i], m.option))
			copy_words(a, i, m.width, out);
		i += m.width;
	}
	if (a->dep_file != NULL)
		add_dependencies(a, compiler, dep_path, out);
	strv_add(out, "-E");
	if (compiler == ARGS_CLANG) {
		if (form == ARGS_FORM_DIRECTIVES)
			strv_add(out, "-frewrite-includes");
		/* The volunteer's run complains of options, as the bare compiler does, once. */
		strv_add(out, "-Qunused-arguments");
		strv_add(out, "-Wno-unknown-warning-option");
	} else if (form == ARGS_FORM_DIRECTIVES) {
		strv_add(out, "-fdirectives-only");
		strv_add(out, "-fno-working-directory");
	}
}

/* ---- only read ---- */

static bool
goes_to_check(const struct option *o)
{
	return o == NULL || (o->class != OPTION_DEPEND && o->class != OPTION_OUTPUT && o->effect != EFFECT_OBJECT &&
	                     o->effect != EFFECT_ASSEMBLY && o->effect != EFFECT_WP);
}

static void
add_wp(const char *word, enum option_class class, struct strv *out)
{
	char *pieces = args_wp_only(word, class);

	if (pieces != NULL)
		strv_take(out, pieces);
}

void
args_check_command(const struct args *a, const char *dep_path, struct strv *out)
{
	strv_add(out, a->argv.items[0]);
	for (size_t i = 1; i < a->argv.count;) {
		struct option_match m = args_table_find(a->argv.items, i, a->argv.count);

		if (goes_to_check(m.option)) {
			copy_words(a, i, m.width, out);
		} else if (m.option->effect == EFFECT_WP) {
			add_wp(a->argv.items[i], OPTION_CPP, out);
			add_wp(a->argv.items[i], OPTION_MACRO, out);
		}
		i += m.width;
	}
	strv_add(out, "-fsyntax-only");
	strv_add(out, "-MD");
	strv_add(out, "-MF");
	strv_add(out, dep_path);
}

/* ---- compile on a volunteer ---- */

static bool
goes_to_volunteer(const struct option *o, enum args_form form)
{
	if (o == NULL || form == ARGS_FORM_AS_IS || form == ARGS_FORM_FILES)
		return true;
	if (o->class == OPTION_MACRO)
		return form == ARGS_FORM_DIRECTIVES;
	if (o->class == OPTION_LANGUAGE)
		return form != ARGS_FORM_CPP;
	return o->class != OPTION_CPP && o->class != OPTION_DEPEND;
}

/* "-Xpreprocessor X" and "-Wp,..." hold words of several classes. */
static void
copy_for_volunteer(const struct args *a, size_t i, const struct option_match *m, enum args_form form,
                   struct strv *out)
{
	enum option_effect effect = m->option != NULL ? m->option->effect : EFFECT_NONE;

	if (form == ARGS_FORM_DIRECTIVES && effect == EFFECT_WP) {
		char *macros = args_wp_only(a->argv.items[i], OPTION_MACRO);

		if (macros != NULL)
			strv_take(out, macros);
	} else if (form == ARGS_FORM_DIRECTIVES && effect == EFFECT_XPREPROCESSOR && m->value != NULL) {
		struct option_match inner = args_table_find(a->argv.items, i + 1, i + 2);

		if (inner.option != NULL && inner.option->class == OPTION_MACRO)
			copy_words(a, i, m->width, out);
	} else {
		copy_words(a, i, m->width, out);
	}
}

void
args_remote_command(const struct args *a, enum args_form form, struct strv *out, size_t *source,
                    size_t *output)
{
	*source = 0;
	*output = 0;
	strv_add(out, a->argv.items[0]);
	for (size_t i = 1; i < a->argv.count;) {
		struct option_match m = args_table_find(a->argv.items, i, a->argv.count);

		if (i == a->source && form == ARGS_FORM_CPP) {
			strv_add(out, "-x");
			strv_add(out, args_language_name(a->language));
		}
		if (i == a->source)
			*source = out->count;
		if (a->output != 0 && a->output < i + m.width && a->output >= i)
			*output = out->count + (a->output - i);
		if (goes_to_volunteer(m.option, form))
			copy_for_volunteer(a, i, &m, form, out);
		i += m.width;
	}
}

/* ---- compile on a stock distccd ---- */

/* Words that its scanner takes for a second source, or for a second output. */
static bool
looks_like_file(const char *word)
{
	bool is_preprocessed;

	return args_suffix_language(word, &is_preprocessed) != ARGS_LANG_NONE ||
	       strcmp(path_extension(word), ".o") == 0;
}

/* It knows the language by the suffix alone, sends back one file, and has its own list of what it refuses. */
static bool
distcc_takes(const struct args *a, struct strv *rest)
{
	bool is_preprocessed;
	enum args_language by_suffix = args_suffix_language(a->argv.items[a->source], &is_preprocessed);

	if (a->has_side_outputs || a->language == ARGS_LANG_ASM || a->language == ARGS_LANG_ASM_CPP ||
	    by_suffix == ARGS_LANG_NONE || by_suffix == ARGS_LANG_ASM || by_suffix == ARGS_LANG_ASM_CPP)
		return false;
	if (strcmp(path_extension(a->object), ".o") != 0 && looks_like_file(a->object))
		return strcmp(path_extension(a->object), ".s") == 0;
	for (size_t i = 0; i < rest->count; i++)
		if (strcmp(rest->items[i], "-flto") == 0 ||
		    (rest->items[i][0] != '-' && looks_like_file(rest->items[i])))
			return false;
	return true;
}

static bool
goes_to_distcc(const struct option *o)
{
	if (o == NULL)
		return false;
	return o->class == OPTION_BOTH || o->class == OPTION_COMPILE;
}

bool
args_distcc_command(const struct args *a, struct strv *out)
{
	struct strv rest = {0};
	bool is_preprocessed;
	const char *source = a->argv.items[a->source];
	enum args_language by_suffix = args_suffix_language(source, &is_preprocessed);

	for (size_t i = 1; i < a->argv.count;) {
		struct option_match m = args_table_find(a->argv.items, i, a->argv.count);

		if (goes_to_distcc(m.option))
			copy_words(a, i, m.width, &rest);
		i += m.width;
	}
	bool is_taken = distcc_takes(a, &rest);

	if (is_taken) {
		strv_add(out, a->argv.items[0]);
		if (by_suffix != a->language) {
			strv_add(out, "-x");
			strv_add(out, args_language_name(a->language));
		}
		strv_add(out, source);
		if (rest.count > 0)
			strv_add_all(out, rest.items);
		strv_add(out, "-o");
		strv_add(out, a->object);
	}
	strv_release(&rest);
	return is_taken;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "args_table.h"
#include "path.h"
#include "xalloc.h"

/*
 * Judges a compiler command: one pass over its words, each looked up in the table, notes what they
 * say; then the verdict. A wrong "away" breaks a build, a wrong "here" only costs time: so whatever
 * is unknown, or reads or writes a file of its own, stays here.
 */
struct scan {
	struct args *a;
	bool seen[EFFECTS];   /* some option had this effect */
	bool is_forced;       /* -x is in force for the words that follow */
	enum args_language forced;
	bool forced_is_preprocessed;
	bool has_unused_macros, is_pedantic;
	bool has_old_dwarf;   /* -gdwarf-4 and before */
	bool is_cxx_driver;   /* g++ and clang++ take .c and .i for C++ */
	size_t sources;
	size_t outputs;
	size_t depends;       /* -MD and -MMD; of both, clang warns that it uses one */
	const char *dep_file; /* of -MF, borrowed from argv */
	const char *wp_file;  /* of -Wp,-MD,FILE, borrowed from argv */
};

/* The first reason stays, but for the weak ones, which a volunteer would wave through. */
static void
stay(struct args *a, enum reason reason, const char *detail)
{
	if (a->here != REASON_NONE && a->here != REASON_UNKNOWN_OPTION && a->here != REASON_CONFTEST)
		return;
	free(a->detail);
	a->here = reason;
	a->detail = detail != NULL ? xstrdup(detail) : NULL;
}

static bool
starts_with(const char *s, const char *head)
{
	return strncmp(s, head, strlen(head)) == 0;
}

/* Is the word one of a NULL-terminated list? */
static bool
is_one_of(const char *word, const char *const list[])
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

/* Is it a place where a result cannot be renamed to? */
static bool
is_special_file(const char *path)
{
	size_t n = strlen(path);

	return n == 0 || strcmp(path, "-") == 0 || path[n - 1] == '/' || starts_with(path, "/dev/") ||
	       starts_with(path, "/proc/");
}

/* ---- inputs ---- */

/* -x's names of the languages that are distributed. */
static bool
parse_language(const char *name, enum args_language *language, bool *is_preprocessed)
{
	static const struct {
		const char *name;
		enum args_language language;
		bool is_preprocessed;
	} names[] = {
		{"c", ARGS_LANG_C, false},
		{"c++", ARGS_LANG_CXX, false},
		{"objective-c", ARGS_LANG_OBJC, false},
		{"objective-c++", ARGS_LANG_OBJCXX, false},
		{"assembler-with-cpp", ARGS_LANG_ASM_CPP, false},
		{"assembler", ARGS_LANG_ASM, true},
		{"cpp-output", ARGS_LANG_C, true},
		{"c++-cpp-output", ARGS_LANG_CXX, true},
		{"objective-c-cpp-output", ARGS_LANG_OBJC, true},
		{"objc-cpp-output", ARGS_LANG_OBJC, true},
		{"objective-c++-cpp-output", ARGS_LANG_OBJCXX, true},
		{"objc++-cpp-output", ARGS_LANG_OBJCXX, true},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0) {
			*language = names[i].language;
			*is_preprocessed = names[i].is_preprocessed;
			return true;
		}
	return false;
}

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

	return is_one_of(path_extension(path), others);
}

static enum args_language
language_of(const struct scan *s, const char *path, bool *is_preprocessed)
{
	if (s->is_forced) {
		*is_preprocessed = s->forced_is_preprocessed;
		return s->forced;
	}
	enum args_language language = args_suffix_language(path, is_preprocessed);

	return language == ARGS_LANG_C && s->is_cxx_driver ? ARGS_LANG_CXX : language;
}

static void
note_input(struct scan *s, size_t i)
{
	struct args *a = s->a;
	const char *word = a->argv.items[i];
	bool is_preprocessed;
	enum args_language language = language_of(s, word, &is_preprocessed);

	if (strcmp(word, "-") == 0) {
		stay(a, REASON_STDIN, NULL);
	} else if (language != ARGS_LANG_NONE) {
		if (++s->sources > 1)
			return;
		a->source = i;
		a->language = language;
		a->is_preprocessed = is_preprocessed;
	} else if (s->is_forced || is_other_language(word)) {
		stay(a, REASON_LANGUAGE, word);
	} else {
		stay(a, REASON_LOCAL_FILE, word);
	}
}

/* ---- what single options mean ---- */

static void
note_output(struct scan *s, size_t i, const char *value)
{
	struct args *a = s->a;

	if (++s->outputs > 1) {
		stay(a, REASON_OUTPUT, value);
		return;
	}
	a->output_is_joined = a->argv.items[i][2] != '\0';
	a->output = a->output_is_joined ? i : i + 1;
	a->object = xstrdup(value);
}

static void
note_language(struct scan *s, size_t i, const char *value)
{
	(void)i;
	s->is_forced = strcmp(value, "none") != 0;
	s->forced = ARGS_LANG_NONE;
	if (s->is_forced && !parse_language(value, &s->forced, &s->forced_is_preprocessed))
		stay(s->a, REASON_LANGUAGE, value);
}

static void
note_depend(struct scan *s, size_t i, const char *value)
{
	(void)i;
	(void)value;
	s->depends++;
}

static void
note_depend_file(struct scan *s, size_t i, const char *value)
{
	(void)i;
	s->dep_file = value;
}

/* -g and its family: the level switches debugging on or off; -gz and its like only shape it. */
static void
note_debug(struct scan *s, size_t i, const char *value)
{
	static const char *const levels[] = {"", "gdb", "stabs", "stabs+", "vms", "xcoff", "xcoff+",
	                                     "coff", "dwarf", NULL};
	static const char *const shapes[] = {"line-tables-only", "line-directives-only", "mlt", "full",
	                                     "used", "dwarf32", "dwarf64", "lldb", "sce", "dbx", "codeview",
	                                     "btf", "ctf", "toggle", NULL};
	size_t n = strcspn(value, "0123456789");
	char *word = xstrndup(value, n);

	if (is_one_of(word, levels) && strspn(value + n, "0123456789") == strlen(value + n)) {
		s->a->has_debug = value[n] != '0' || strcmp(word, "dwarf") == 0;
		if (value[n] >= '3' && strcmp(word, "dwarf") != 0)
			s->a->here_plain[ARGS_GCC] = REASON_PLAIN;
	} else if (starts_with(value, "dwarf-")) {
		s->a->has_debug = true;
		s->has_old_dwarf = value[6] >= '2' && value[6] <= '4';
	} else if (is_one_of(value, shapes) || starts_with(value, "ctf")) {
		s->a->has_debug = true;
	} else if (starts_with(value, "split-dwarf")) {
		s->a->has_debug = true;
		s->seen[EFFECT_SIDE_OUTPUT] = true;
	}
	free(word);
	(void)i;
}

static void
note_unused_macros(struct scan *s, size_t i, const char *value)
{
	(void)value;
	s->has_unused_macros = !starts_with(s->a->argv.items[i], "-Wno-");
}

static void
note_named_file(struct scan *s, size_t i, const char *value)
{
	(void)i;
	s->seen[EFFECT_SIDE_OUTPUT] = true;
	strv_add(&s->a->named_outputs, value);
	if (is_special_file(value))
		stay(s->a, REASON_OUTPUT, value);
}

/* -fdump-PASS=FILE, -fopt-info-PASS=FILE; both know names that are no files. */
static void
note_named_part(struct scan *s, size_t i, const char *value)
{
	static const char *const streams[] = {"stdout", "stderr", NULL};
	const char *equals = strchr(value, '=');

	s->seen[EFFECT_SIDE_OUTPUT] = true;
	if (equals != NULL && !is_one_of(equals + 1, streams))
		note_named_file(s, i, equals + 1);
}

static void
note_plain_file(struct scan *s, size_t i, const char *value)
{
	note_named_file(s, i, value);
	s->seen[EFFECT_PLAIN] = true;
}

static void
note_grown_file(struct scan *s, size_t i, const char *value)
{
	note_plain_file(s, i, value);
	strv_add(&s->a->grown_outputs, value);
}

/* -save-temps=obj, =cwd: beside the object or here, where outputs are expected anyway. */
static void
note_save_temps(struct scan *s, size_t i, const char *value)
{
	static const char *const places[] = {"", "=obj", "=cwd", NULL};

	if (!is_one_of(value, places))
		stay(s->a, REASON_LOCAL_FILE, s->a->argv.items[i]);
	s->seen[EFFECT_SIDE_OUTPUT] = true;
	s->seen[EFFECT_PLAIN] = true;
}

/* clang's notes count lines of the text that it was given. */
static void
note_coverage(struct scan *s, size_t i, const char *value)
{
	(void)i;
	(void)value;
	s->seen[EFFECT_SIDE_OUTPUT] = true;
	s->seen[EFFECT_PLAIN_CLANG] = true;
}

/* Anything but these words is a file with a list. */
static void
note_sections(struct scan *s, size_t i, const char *value)
{
	static const char *const words[] = {"all", "labels", "none", NULL};

	if (!is_one_of(value, words))
		stay(s->a, REASON_LOCAL_FILE, s->a->argv.items[i]);
}

/* gcc's pedantry would find fault with each line marker of text that is compiled as a source. */
static void
note_pedantic(struct scan *s, size_t i, const char *value)
{
	(void)value;
	s->is_pedantic = !starts_with(s->a->argv.items[i], "-Wno-");
}

/* One JSON or SARIF document comes out of each run, so that of cpp cannot go before the other. */
static void
note_diagnostics_format(struct scan *s, size_t i, const char *value)
{
	if (starts_with(value, "json") || starts_with(value, "sarif"))
		stay(s->a, REASON_LOCAL_OPTION, s->a->argv.items[i]);
}

static void
note_cpu(struct scan *s, size_t i, const char *value)
{
	if (starts_with(value, "native") || starts_with(value, "host"))
		stay(s->a, REASON_NATIVE_CPU, s->a->argv.items[i]);
	else if (strcmp(value, "help") == 0 || strcmp(value, "?") == 0)
		s->seen[EFFECT_ASKS] = true;
}

/* Words for cc1 itself: only what the preprocessor alone uses, for nothing else is known to keep its meaning. */
static bool
are_cpp_pieces(const struct strv *pieces)
{
	for (size_t i = 0; i < pieces->count;) {
		struct option_match m = args_table_find(pieces->items, i, pieces->count);

		if (m.option == NULL || m.value == NULL || m.option->effect != EFFECT_NONE ||
		    (m.option->class != OPTION_CPP && m.option->class != OPTION_MACRO))
			return false;
		i += m.width;
	}
	return true;
}

static void
note_wp(struct scan *s, size_t i, const char *value)
{
	const char *word = s->a->argv.items[i];
	const char *file = args_wp_dependency(word);
	struct strv pieces = {0};

	(void)value;
	if (file != NULL) {
		if (s->wp_file != NULL)
			stay(s->a, REASON_LOCAL_OPTION, word);
		s->wp_file = file;
		return;
	}
	args_wp_split(word, &pieces);
	if (!are_cpp_pieces(&pieces))
		stay(s->a, REASON_LOCAL_OPTION, word);
	strv_release(&pieces);
}

static void
note_xpreprocessor(struct scan *s, size_t i, const char *value)
{
	struct strv pieces = {0};

	(void)i;
	strv_add(&pieces, value);
	if (!are_cpp_pieces(&pieces))
		stay(s->a, REASON_LOCAL_OPTION, value);
	strv_release(&pieces);
}

/* An assembler's option that neither prints, nor reads or writes a file of its own. */
static bool
is_safe_for_as(const char *piece)
{
	static const char *const unsafe[] = {"-a", "-o", "-MD", "--MD", "--statistics", "--version",
	                                     "-version", "--help", "-v", NULL};

	if (piece[0] != '-' || piece[1] == '\0' || strcmp(piece, "--") == 0)
		return false;
	for (const char *const *u = unsafe; *u != NULL; u++)
		if (starts_with(piece, *u))
			return false;
	return true;
}

static bool
as_takes_next(const char *piece)
{
	static const char *const takers[] = {"--defsym", "-defsym", "--debug-prefix-map", "-I", NULL};

	return is_one_of(piece, takers);
}

static void
note_wa(struct scan *s, size_t i, const char *value)
{
	struct strv pieces = {0};
	bool is_value = false;
	bool is_safe = true;

	(void)value;
	args_wp_split(s->a->argv.items[i], &pieces);
	for (size_t k = 0; k < pieces.count; k++) {
		is_safe = is_safe && (is_value || is_safe_for_as(pieces.items[k]));
		is_value = !is_value && as_takes_next(pieces.items[k]);
	}
	if (!is_safe || is_value)
		stay(s->a, REASON_LOCAL_OPTION, s->a->argv.items[i]);
	strv_release(&pieces);
}

static void
note_xassembler(struct scan *s, size_t i, const char *value)
{
	(void)i;
	if (!is_safe_for_as(value) || as_takes_next(value))
		stay(s->a, REASON_LOCAL_OPTION, value);
}

static void
note_xclang(struct scan *s, size_t i, const char *value)
{
	static const char *const known[] = {
		"-disable-O0-optnone", "-disable-llvm-passes", "-disable-lifetime-markers",
		"-mconstructor-aliases", "-no-opaque-pointers", "-opaque-pointers", NULL
	};

	(void)i;
	if (!is_one_of(value, known))
		stay(s->a, REASON_LOCAL_OPTION, value);
}

static void
note_mllvm(struct scan *s, size_t i, const char *value)
{
	(void)i;
	if (strchr(value, '/') != NULL || strstr(value, "file") != NULL)
		stay(s->a, REASON_LOCAL_FILE, value);
}

/* What takes more than a mark in seen; i is the option's word, value is never NULL. */
static void (*const notes[EFFECTS])(struct scan *s, size_t i, const char *value) = {
	[EFFECT_OUTPUT] = note_output,
	[EFFECT_LANGUAGE] = note_language,
	[EFFECT_DEPEND] = note_depend,
	[EFFECT_DEPEND_FILE] = note_depend_file,
	[EFFECT_DEBUG] = note_debug,
	[EFFECT_UNUSED_MACROS] = note_unused_macros,
	[EFFECT_NAMED_FILE] = note_named_file,
	[EFFECT_NAMED_PART] = note_named_part,
	[EFFECT_PLAIN_FILE] = note_plain_file,
	[EFFECT_GROWN_FILE] = note_grown_file,
	[EFFECT_SAVE_TEMPS] = note_save_temps,
	[EFFECT_COVERAGE] = note_coverage,
	[EFFECT_SECTIONS] = note_sections,
	[EFFECT_PEDANTIC] = note_pedantic,
	[EFFECT_DIAGNOSTICS_FORMAT] = note_diagnostics_format,
	[EFFECT_CPU] = note_cpu,
	[EFFECT_WP] = note_wp,
	[EFFECT_XPREPROCESSOR] = note_xpreprocessor,
	[EFFECT_WA] = note_wa,
	[EFFECT_XASSEMBLER] = note_xassembler,
	[EFFECT_XCLANG] = note_xclang,
	[EFFECT_MLLVM] = note_mllvm
};

static void
note_option(struct scan *s, size_t i, const struct option_match *m)
{
	enum option_effect effect = m->option->effect;

	s->seen[effect] = true;
	if (notes[effect] != NULL)
		notes[effect](s, i, m->value);
}

/* ---- the verdict ---- */

/* The words, from the first to the last: -x counts only for what stands behind it. */
static void
read_words(struct scan *s)
{
	struct strv *argv = &s->a->argv;

	for (size_t i = 1; i < argv->count;) {
		const char *word = argv->items[i];
		struct option_match m = args_table_find(argv->items, i, argv->count);

		if (word[0] != '-' || word[1] == '\0')
			note_input(s, i);
		else if (m.option == NULL)
			stay(s->a, REASON_UNKNOWN_OPTION, word);
		else if (m.value == NULL)
			stay(s->a, REASON_BAD_COMMAND, word);
		else
			note_option(s, i, &m);
		if (m.option != NULL && m.option->class == OPTION_HERE)
			stay(s->a, m.option->reason, word);
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
find_dependencies(struct scan *s, const char *source)
{
	struct args *a = s->a;
	bool is_wanted = s->seen[EFFECT_DEPEND] || s->wp_file != NULL;

	if (!is_wanted) {
		if (s->dep_file != NULL || s->seen[EFFECT_DEPEND_TARGET] || s->seen[EFFECT_DEPEND_DETAIL])
			stay(a, REASON_BAD_COMMAND, "-MD is missing");
		return;
	}
	a->dep_by_wp = s->wp_file != NULL;
	if (a->dep_by_wp && (s->seen[EFFECT_DEPEND] || s->dep_file != NULL))
		stay(a, REASON_LOCAL_OPTION, s->wp_file);
	if (a->dep_by_wp)
		a->dep_file = xstrdup(s->wp_file);
	else if (s->dep_file != NULL)
		a->dep_file = xstrdup(s->dep_file);
	else
		a->dep_file = a->output != 0 ? dep_file_of_output(a->object) : args_default_name(source, ".d");
	if (!s->seen[EFFECT_DEPEND_TARGET])
		a->dep_target = a->output != 0 ? xstrdup(a->object) : args_default_name(source, ".o");
	if (is_special_file(a->dep_file))
		stay(a, REASON_OUTPUT, a->dep_file);
}

static const char *
default_suffix(const struct scan *s)
{
	if (s->seen[EFFECT_BITCODE])
		return s->a->stops_at_assembly ? ".ll" : ".bc";
	return s->a->stops_at_assembly ? ".s" : ".o";
}

/* With exactly one source. */
static void
judge_files(struct scan *s)
{
	struct args *a = s->a;
	const char *source = a->argv.items[a->source];
	const char *base = path_base(source);

	if (a->object == NULL)
		a->object = args_default_name(source, default_suffix(s));
	if (is_special_file(a->object))
		stay(a, REASON_OUTPUT, a->object);
	if (is_special_file(source))
		stay(a, REASON_NO_SOURCE, source);
	if (starts_with(base, "conftest.") || starts_with(base, "tmp.conftest."))
		stay(a, REASON_CONFTEST, source);
	if (s->seen[EFFECT_PREPROCESSED] && !a->is_preprocessed)
		stay(a, REASON_LOCAL_OPTION, "-fpreprocessed");
	if (!a->is_preprocessed)
		find_dependencies(s, source);
}

/* What plain mode cannot keep. */
static void
judge_plain(const struct scan *s)
{
	struct args *a = s->a;

	a->needs_full_cpp = s->has_unused_macros || s->is_pedantic;
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
	/* After a full -E the columns differ. */
	if (s->seen[EFFECT_PLAIN] || (a->has_debug && a->needs_full_cpp))
		a->here_plain[ARGS_GCC] = REASON_PLAIN;
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
	struct scan s = {.a = a};

	if (a->argv.count == 0) {
		stay(a, REASON_BAD_COMMAND, NULL);
		return;
	}
	s.is_cxx_driver = strstr(path_base(a->argv.items[0]), "++") != NULL;
	read_words(&s);
	a->stops_at_assembly = s.seen[EFFECT_ASSEMBLY];
	a->has_colour_option = s.seen[EFFECT_COLOUR];
	a->has_side_outputs = s.seen[EFFECT_SIDE_OUTPUT];
	if (s.sources == 0)
		stay(a, REASON_NO_SOURCE, NULL);
	if (s.sources > 1) {
		a->source = 0;
		stay(a, REASON_SEVERAL_SOURCES, NULL);
	}
	if (a->source != 0)
		judge_files(&s);
	judge_plain(&s);
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
	free(a->detail);
	free(a->object);
	free(a->dep_file);
	free(a->dep_target);
	*a = (struct args){0};
}

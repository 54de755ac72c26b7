/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What single options mean: one function for each effect that takes more than a mark. */
#include <stdlib.h>
#include <string.h>

#include "args_scan.h"
#include "word.h"
#include "xalloc.h"

void
args_stay(struct args *a, enum reason reason, const char *detail)
{
	if (a->here != REASON_NONE && a->here != REASON_UNKNOWN_OPTION && a->here != REASON_CONFTEST)
		return;
	free(a->detail);
	a->here = reason;
	a->detail = detail != NULL ? xstrdup(detail) : NULL;
}

bool
args_is_special_file(const char *path)
{
	size_t n = strlen(path);

	return n == 0 || strcmp(path, "-") == 0 || path[n - 1] == '/' || word_starts_with(path, "/dev/") ||
	       word_starts_with(path, "/proc/");
}

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

static void
note_output(struct args_scan *s, size_t i, const char *value)
{
	struct args *a = s->a;

	if (++s->outputs > 1) {
		args_stay(a, REASON_OUTPUT, value);
		return;
	}
	a->output_is_joined = a->argv.items[i][2] != '\0';
	a->output = a->output_is_joined ? i : i + 1;
	a->object = xstrdup(value);
}

static void
note_language(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	s->is_forced = strcmp(value, "none") != 0;
	s->forced = ARGS_LANG_NONE;
	if (s->is_forced && !parse_language(value, &s->forced, &s->forced_is_preprocessed))
		args_stay(s->a, REASON_LANGUAGE, value);
}

static void
note_depend(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	(void)value;
	s->depends++;
}

static void
note_depend_file(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	s->dep_file = value;
}

/* -g and its family: the level switches debugging on or off; -gz and its like only shape it. */
static void
note_debug(struct args_scan *s, size_t i, const char *value)
{
	static const char *const levels[] = {"", "gdb", "stabs", "stabs+", "vms", "xcoff", "xcoff+",
	                                     "coff", "dwarf", NULL};
	static const char *const shapes[] = {"line-tables-only", "line-directives-only", "mlt", "full",
	                                     "used", "dwarf32", "dwarf64", "lldb", "sce", "dbx", "codeview",
	                                     "btf", "ctf", "toggle", NULL};
	size_t n = strcspn(value, "0123456789");
	char *word = xstrndup(value, n);

	if (word_is_one_of(word, levels) && strspn(value + n, "0123456789") == strlen(value + n)) {
		s->a->has_debug = value[n] != '0' || strcmp(word, "dwarf") == 0;
		if (value[n] >= '3' && strcmp(word, "dwarf") != 0)
			s->a->here_plain[ARGS_GCC] = REASON_PLAIN;
	} else if (word_starts_with(value, "dwarf-")) {
		s->a->has_debug = true;
		s->has_old_dwarf = value[6] >= '2' && value[6] <= '4';
	} else if (word_is_one_of(value, shapes) || word_starts_with(value, "ctf")) {
		s->a->has_debug = true;
	} else if (word_starts_with(value, "split-dwarf")) {
		s->a->has_debug = true;
		s->seen[EFFECT_SIDE_OUTPUT] = true;
	}
	free(word);
	(void)i;
}

static void
note_unused_macros(struct args_scan *s, size_t i, const char *value)
{
	(void)value;
	s->has_unused_macros = !word_starts_with(s->a->argv.items[i], "-Wno-");
}

static void
note_named_file(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	s->seen[EFFECT_SIDE_OUTPUT] = true;
	strv_add(&s->a->named_outputs, value);
	if (args_is_special_file(value))
		args_stay(s->a, REASON_OUTPUT, value);
}

/* -fdump-PASS=FILE, -fopt-info-PASS=FILE; both know names that are no files. */
static void
note_named_part(struct args_scan *s, size_t i, const char *value)
{
	static const char *const streams[] = {"stdout", "stderr", NULL};
	const char *equals = strchr(value, '=');

	s->seen[EFFECT_SIDE_OUTPUT] = true;
	if (equals != NULL && !word_is_one_of(equals + 1, streams))
		note_named_file(s, i, equals + 1);
}

static void
note_plain_file(struct args_scan *s, size_t i, const char *value)
{
	note_named_file(s, i, value);
	s->seen[EFFECT_PLAIN] = true;
}

static void
note_grown_file(struct args_scan *s, size_t i, const char *value)
{
	note_plain_file(s, i, value);
	strv_add(&s->a->grown_outputs, value);
}

/* -save-temps=obj, =cwd: beside the object or here, where outputs are expected anyway. */
static void
note_save_temps(struct args_scan *s, size_t i, const char *value)
{
	static const char *const places[] = {"", "=obj", "=cwd", NULL};

	if (!word_is_one_of(value, places))
		args_stay(s->a, REASON_LOCAL_FILE, s->a->argv.items[i]);
	s->seen[EFFECT_SIDE_OUTPUT] = true;
	s->seen[EFFECT_PLAIN] = true;
}

static void
note_input_file(struct args_scan *s, size_t i, const char *value)
{
	if (args_is_special_file(value))
		args_stay(s->a, REASON_LOCAL_FILE, s->a->argv.items[i]);
	strv_add(&s->a->inputs, value);
}

static void
note_input_part(struct args_scan *s, size_t i, const char *value)
{
	if (value[0] == '=')
		note_input_file(s, i, value + 1);
	else
		args_stay(s->a, REASON_LOCAL_FILE, s->a->argv.items[i]);
}

/* Without a value: gcc's name is made when that of the object is known. */
static void
note_profile(struct args_scan *s, size_t i, const char *value)
{
	if (value[0] == '\0')
		s->wants_own_profile = true;
	else
		note_input_part(s, i, value);
}

/* clang's notes count lines of the text that it was given. */
static void
note_coverage(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	(void)value;
	s->seen[EFFECT_SIDE_OUTPUT] = true;
	s->seen[EFFECT_PLAIN_CLANG] = true;
}

/* Anything but these words is a file with a list. */
static void
note_sections(struct args_scan *s, size_t i, const char *value)
{
	static const char *const words[] = {"all", "labels", "none", NULL};

	if (!word_is_one_of(value, words))
		args_stay(s->a, REASON_LOCAL_FILE, s->a->argv.items[i]);
}

/* gcc's pedantry would find fault with each line marker of text that is compiled as a source. */
static void
note_pedantic(struct args_scan *s, size_t i, const char *value)
{
	(void)value;
	s->is_pedantic = !word_starts_with(s->a->argv.items[i], "-Wno-");
}

/* One JSON or SARIF document comes out of each run, so that of cpp cannot go before the other. */
static void
note_diagnostics_format(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	if (!word_starts_with(value, "json") && !word_starts_with(value, "sarif"))
		return;
	s->seen[EFFECT_PLAIN] = true;
	s->seen[EFFECT_SIDE_OUTPUT] = true;
}

/* "=auto" leaves it to the terminal, as no option does. */
static void
note_colour(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	s->a->has_colour_option = strcmp(value, "=auto") != 0;
}

static void
note_cpu(struct args_scan *s, size_t i, const char *value)
{
	const char *word = s->a->argv.items[i];
	bool is_known = s->a->is_native_known && (strcmp(word, "-march=native") == 0 || strcmp(word, "-mtune=native") == 0);

	if (!is_known && (word_starts_with(value, "native") || word_starts_with(value, "host")))
		args_stay(s->a, REASON_NATIVE_CPU, s->a->argv.items[i]);
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
note_wp(struct args_scan *s, size_t i, const char *value)
{
	const char *word = s->a->argv.items[i];
	const char *file = args_wp_dependency(word);
	struct strv pieces = {0};

	(void)value;
	if (file != NULL) {
		if (s->wp_file != NULL)
			args_stay(s->a, REASON_LOCAL_OPTION, word);
		s->wp_file = file;
		return;
	}
	args_wp_split(word, &pieces);
	if (!are_cpp_pieces(&pieces))
		args_stay(s->a, REASON_LOCAL_OPTION, word);
	strv_release(&pieces);
}

static void
note_xpreprocessor(struct args_scan *s, size_t i, const char *value)
{
	struct strv pieces = {0};

	(void)i;
	strv_add(&pieces, value);
	if (!are_cpp_pieces(&pieces))
		args_stay(s->a, REASON_LOCAL_OPTION, value);
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
		if (word_starts_with(piece, *u))
			return false;
	return true;
}

static bool
as_takes_next(const char *piece)
{
	static const char *const takers[] = {"--defsym", "-defsym", "--debug-prefix-map", "-I", NULL};

	return word_is_one_of(piece, takers);
}

static void
note_wa(struct args_scan *s, size_t i, const char *value)
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
		args_stay(s->a, REASON_LOCAL_OPTION, s->a->argv.items[i]);
	strv_release(&pieces);
}

static void
note_xassembler(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	if (!is_safe_for_as(value) || as_takes_next(value))
		args_stay(s->a, REASON_LOCAL_OPTION, value);
}

static void
note_xclang(struct args_scan *s, size_t i, const char *value)
{
	static const char *const known[] = {
		"-disable-O0-optnone", "-disable-llvm-passes", "-disable-lifetime-markers",
		"-mconstructor-aliases", "-no-opaque-pointers", "-opaque-pointers", NULL
	};

	(void)i;
	if (s->awaits_feature || strcmp(value, "-target-feature") == 0)
		s->awaits_feature = !s->awaits_feature;
	else if (!word_is_one_of(value, known))
		args_stay(s->a, REASON_LOCAL_OPTION, value);
}

static void
note_mllvm(struct args_scan *s, size_t i, const char *value)
{
	(void)i;
	if (strchr(value, '/') != NULL || strstr(value, "file") != NULL)
		args_stay(s->a, REASON_LOCAL_FILE, value);
}

/* What takes more than a mark in seen; i is the option's word, value is never NULL. */
static void (*const notes[EFFECTS])(struct args_scan *s, size_t i, const char *value) = {
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
	[EFFECT_INPUT] = note_input_file,
	[EFFECT_INPUT_PART] = note_input_part,
	[EFFECT_PROFILE] = note_profile,
	[EFFECT_COVERAGE] = note_coverage,
	[EFFECT_SECTIONS] = note_sections,
	[EFFECT_PEDANTIC] = note_pedantic,
	[EFFECT_DIAGNOSTICS_FORMAT] = note_diagnostics_format,
	[EFFECT_COLOUR] = note_colour,
	[EFFECT_CPU] = note_cpu,
	[EFFECT_WP] = note_wp,
	[EFFECT_XPREPROCESSOR] = note_xpreprocessor,
	[EFFECT_WA] = note_wa,
	[EFFECT_XASSEMBLER] = note_xassembler,
	[EFFECT_XCLANG] = note_xclang,
	[EFFECT_MLLVM] = note_mllvm
};

void
args_note_option(struct args_scan *s, size_t i, const struct option_match *m)
{
	enum option_effect effect = m->option->effect;

	s->seen[effect] = true;
	if (notes[effect] != NULL)
		notes[effect](s, i, m->value);
}

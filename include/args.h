/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ARGS_H
#define DCC_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "reason.h"
#include "strv.h"

/*
 * What a compiler command line means: one table of gcc's and clang's options for the client, the
 * volunteer and the include server alike. Pure: no system call, no log.
 */

enum args_language {
	ARGS_LANG_NONE,
	ARGS_LANG_C,
	ARGS_LANG_CXX,
	ARGS_LANG_OBJC,
	ARGS_LANG_OBJCXX,
	ARGS_LANG_ASM,     /* .s: straight to the assembler */
	ARGS_LANG_ASM_CPP  /* .S: preprocessed assembler */
};

/* How the source text of a plain-mode job looks. */
enum args_form {
	/* As on disk: it is preprocessed already (.i .ii .mi .mii .s, -x cpp-output, -fpreprocessed). */
	ARGS_FORM_AS_IS = 1,
	/*
	 * Includes are resolved, macros are not expanded: gcc -fdirectives-only (11 or later), clang
	 * -frewrite-includes. It is compiled again as ordinary source, with -D and -U, under the same
	 * name, so columns, debug information and DW_AT_producer equal a local compile's.
	 */
	ARGS_FORM_DIRECTIVES = 2,
	/* After a full -E; what distcc's protocol and older compilers need. Compiled as .i text. */
	ARGS_FORM_CPP = 3,
	/* No text at all: the volunteer is shown the client's own files (pump mode), and the command is the user's. */
	ARGS_FORM_FILES = 4
};

enum args_compiler { ARGS_GCC, ARGS_CLANG, ARGS_COMPILERS };

/* Everything known about one command. Starts as {0}; args_release frees. */
struct args {
	struct strv argv;              /* expanded: no @file; argv[0] is the compiler */
	bool is_native_known;          /* set before args_scan: what -march=native means is said elsewhere, and keeps nobody here */
	enum reason here;              /* REASON_NONE: may go away; else why it stays */
	char *detail;                  /* the option or file that decided, or NULL */
	/*
	 * Plain mode only, by compiler: why the outputs of preprocessed text would differ (-g3 of gcc,
	 * -grecord-command-line of clang...); REASON_NONE: they do not. REASON_LOCAL_FILE: there are inputs.
	 */
	enum reason here_plain[ARGS_COMPILERS];
	enum args_language language;   /* of the source, with -x taken into account */
	bool is_preprocessed;          /* the source needs no cpp: ARGS_FORM_AS_IS */
	bool stops_at_assembly;        /* -S */
	bool needs_full_cpp;           /* an option forbids gcc's ARGS_FORM_DIRECTIVES (-Wunused-macros, -fopenmp) */
	bool has_side_outputs;         /* files beside the object and the .d, which a stock distccd would lose */
	bool has_columns;              /* outputs name columns of the source: -g, -flto, -fsanitize=, coverage, dumps */
	bool has_debug;                /* -g of some kind (and not -g0 last) */
	bool has_colour_option;        /* -f[no-](diagnostics-)color...: the user has decided */
	size_t source;                 /* index of the source in argv */
	size_t output;                 /* index of the word that holds -o's value, 0 without -o */
	bool output_is_joined;         /* "-ofile": the value starts at the third byte of argv[output] */
	char *object;                  /* the main output as the compiler names it: -o's value, or the default */
	struct strv named_outputs;     /* files beside the object that options name: -aux-info FILE */
	struct strv inputs;            /* files that options make the compiler read: text alone will not do */
	struct strv grown_outputs;     /* those of them that are appended to where they exist: -MJ FILE */
	char *dep_file;                /* the .d that the compiler would write, or NULL */
	char *dep_target;              /* its target when neither -MT nor -MQ was given, else NULL */
	bool dep_by_wp;                /* asked for with -Wp,-M[M]D,FILE: gcc's target is then the source's name with .o */
};

/* Reads the @file name, for args_expand; ERR_MISSING when it cannot be read. text is NUL-terminated, yours. */
typedef enum err (*args_load_fn)(void *context, const char *name, char **text);

/*
 * The command with every @file replaced by its words (GNU's quoting rules, nested, bounded). Unreadable: the
 * word stays, as in gcc. ERR_LIMIT when nesting or size is absurd.
 */
enum err
args_expand(char *const argv[], args_load_fn load, void *context, struct strv *out);

/* The words of one line, with the same rules for quotes: what a driver prints with -###. */
void
args_split(const char *line, struct strv *words);

/*
 * Judges a command whose argv was set (args_expand); fills the rest. argv[0] is the compiler. Where
 * the command stays here, source, output, object and language still hold what could be read (source
 * 0: not exactly one). For the request of a stock distcc client the volunteer calls this and then
 * args_remote_command with ARGS_FORM_CPP: the text is preprocessed, whatever the source's suffix.
 */
void
args_scan(struct args *a);
void
args_release(struct args *a);

/* The form of text that keeps most of the outputs equal, for a compiler of this major version. */
enum args_form
args_best_form(const struct args *a, enum args_compiler compiler, int major);

/*
 * The command that preprocesses to standard output: no -c, -S, -o; -E with the form's options; the
 * dependency file goes to dep_path (NULL: to a->dep_file) with the target that the bare compiler
 * would have written. Not for ARGS_FORM_AS_IS.
 */
void
args_cpp_command(const struct args *a, enum args_compiler compiler, enum args_form form,
                 const char *dep_path, struct strv *out);

/* The command that compiles to nothing and lists in dep_path, in make's language, every file that it has read. */
void
args_check_command(const struct args *a, const char *dep_path, struct strv *out);

/*
 * The command that compiles the text on a volunteer: without what only the preprocessor needs
 * (-I..., -include, -M...; also -D, -U and their like unless the form is ARGS_FORM_DIRECTIVES).
 * ARGS_FORM_CPP names the preprocessed language with -x; ARGS_FORM_AS_IS changes nothing, so that
 * clang's words on unused options stay; nor does ARGS_FORM_FILES. *source and *output get the indices of the source's word
 * and of the word with -o's value (as in struct args; output 0: none).
 */
void
args_remote_command(const struct args *a, enum args_form form, struct strv *out, size_t *source,
                    size_t *output);

/*
 * The same for a stock distccd: as args_remote_command with ARGS_FORM_CPP, always with "-o object",
 * the source before every option that its own scanner could take for one, without words for the
 * linker. False (out is then empty): it would refuse this job or lose some of its outputs.
 */
bool
args_distcc_command(const struct args *a, struct strv *out);

/* -x's name of the language's preprocessed text, and the suffix of such a file: ".i", ".ii", ".s"; "" for none. */
const char *
args_language_name(enum args_language language);
const char *
args_preprocessed_suffix(enum args_language language);

#endif

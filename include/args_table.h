/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ARGS_TABLE_H
#define DCC_ARGS_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "args.h"

/* The table of options: private to args*.c and their test. */

/* How an option is spelled. */
enum option_form {
	OPTION_FLAG,   /* the name alone */
	OPTION_JOINED, /* the name and whatever follows in the same word, which may be nothing */
	OPTION_NEXT,   /* the name alone; the value is the next word */
	OPTION_EITHER  /* the value is joined, or the next word where nothing is joined */
};

/* Which commands an option goes into. */
enum option_class {
	OPTION_BOTH,    /* preprocess and compile */
	OPTION_CPP,     /* preprocess */
	OPTION_MACRO,   /* preprocess; compile where macros are still to be expanded (ARGS_FORM_DIRECTIVES) */
	OPTION_COMPILE, /* compile */
	OPTION_LINK,    /* compile, where it does nothing but may be warned about; a stock distccd does without */
	OPTION_DEPEND,  /* preprocess, where dependency files are redirected */
	OPTION_LANGUAGE, /* -x: both, except that ARGS_FORM_CPP has its own */
	OPTION_OUTPUT,  /* -o: compile */
	OPTION_HERE     /* none: the command stays here */
};

/* What the scanner has to note. */
enum option_effect {
	EFFECT_NONE,
	EFFECT_OBJECT,        /* -c */
	EFFECT_ASSEMBLY,      /* -S */
	EFFECT_PREPROCESS,    /* only the preprocessor runs */
	EFFECT_ASKS,          /* nothing is compiled */
	EFFECT_OUTPUT,
	EFFECT_LANGUAGE,
	EFFECT_DEPEND,        /* -MD, -MMD */
	EFFECT_DEPEND_FILE,   /* -MF */
	EFFECT_DEPEND_TARGET, /* -MT, -MQ */
	EFFECT_DEPEND_DETAIL, /* -MP and its like, which need -MD */
	EFFECT_DEBUG,         /* -g... */
	EFFECT_COLOUR,
	EFFECT_SIDE_OUTPUT,
	EFFECT_NAMED_FILE,    /* writes the file that is its value */
	EFFECT_NAMED_PART,    /* the same where the value has a "=FILE", else files beside the object */
	EFFECT_PLAIN_FILE,    /* as NAMED_FILE, and plain mode would change what is in it */
	EFFECT_GROWN_FILE,    /* as PLAIN_FILE, and is appended to */
	EFFECT_SAVE_TEMPS,
	EFFECT_INPUT,         /* reads the file that is its value */
	EFFECT_INPUT_PART,    /* the same, the value being "=FILE" */
	EFFECT_PROFILE,       /* the same, and without a value reads a file that is named after the object */
	EFFECT_COVERAGE,
	EFFECT_BITCODE,       /* -emit-llvm */
	EFFECT_SECTIONS,      /* -fbasic-block-sections= */
	EFFECT_UNUSED_MACROS,
	EFFECT_PEDANTIC,
	EFFECT_FULL_CPP,      /* gcc's -fdirectives-only loses what this option is for */
	EFFECT_PARALLEL,      /* the same, and code for other processors may come with positions in the source */
	EFFECT_COLUMNS,       /* positions in the source come into the object */
	EFFECT_PREPROCESSED,  /* -fpreprocessed */
	EFFECT_DIAGNOSTICS_FORMAT,
	EFFECT_CPU,           /* -march= and its like: "native" stays here */
	EFFECT_PLAIN,         /* plain mode would change the outputs */
	EFFECT_PLAIN_CLANG,   /* clang's plain mode would */
	EFFECT_WP,            /* -Wp, */
	EFFECT_XPREPROCESSOR,
	EFFECT_WA,            /* -Wa, */
	EFFECT_XASSEMBLER,
	EFFECT_XCLANG,
	EFFECT_MLLVM,
	EFFECTS
};

struct option {
	const char *name;
	enum option_form form;
	enum option_class class;
	enum option_effect effect;
	enum reason reason; /* of OPTION_HERE */
};

extern const struct option args_table[];
extern const size_t args_table_size;

/* One option as it stands in a command. */
struct option_match {
	const struct option *option; /* NULL: unknown, or no option at all */
	const char *value;           /* "" for a flag; NULL where the value is missing */
	size_t width;                /* words: 1 or 2 */
};

/* Looks up words[i] of count words; the longest name wins. */
struct option_match
args_table_find(char *const words[], size_t i, size_t count);

/* The word is "-Wp,-MD,FILE" or "-Wp,-MMD,FILE": FILE, borrowed; else NULL. */
const char *
args_wp_dependency(const char *word);
/* The pieces of a "-Wp," word. */
void
args_wp_split(const char *word, struct strv *pieces);
/* What becomes of a "-Wp," word: the pieces whose class is class, joined again; NULL when none is. Yours. */
char *
args_wp_only(const char *word, enum option_class class);
/* The base name without its extension, and with suffix instead: "a/b.c", ".o" gives "b.o". Yours. */
char *
args_default_name(const char *source, const char *suffix);
/* By its suffix; ARGS_LANG_NONE for none of ours. */
enum args_language
args_suffix_language(const char *path, bool *is_preprocessed);

#endif

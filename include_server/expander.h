/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_EXPANDER_H
#define DCC_EXPANDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "args.h"
#include "err.h"
#include "program.h"
#include "symbols.h"
#include "unmodelled.h"

/*
 * Executes the directives of a translation unit with a real macro table, as the compiler's own
 * preprocessor would: exact, or "unmodelled: reason". Pure: files and the compiler are asked for
 * through struct expander_world.
 */
struct expander;

/* One file under one name, as found on one way. Made by the resolver, valid until the run ends. */
struct source {
	const struct program *program;
	const char *name;      /* as the compiler spells it: __FILE__, and in the list of dependencies */
	uint64_t once_key;     /* sources that #pragma once and #import take for one file have equal keys */
	bool is_system;        /* found in a system folder; one found elsewhere can be entered as a system header, too */
	void *owner;           /* the resolver's */
};

/* Whose a file is where it is included: a system header's includes are the system's, and #pragma GCC system_header counts. */
enum source_side { SOURCE_OF_USER, SOURCE_OF_SYSTEM };

enum find_kind { FIND_QUOTE, FIND_ANGLE, FIND_COMMAND_LINE /* -include, -imacros */ };
enum find_purpose {
	FIND_TO_ENTER,   /* #include, #import, #include_next */
	FIND_TO_PROBE,   /* __has_include: OK matters, the contents do not */
	FIND_TO_READ     /* #embed, .incbin, #pragma GCC dependency: shipped, never executed; *found has no program */
};

struct find {
	const struct source *from;  /* the file that has the directive; NULL: the command line */
	enum find_kind kind;
	enum find_purpose purpose;
	bool is_next;               /* #include_next, __has_include_next */
	const char *name;           /* NUL-terminated; interned: the same text is always the same pointer */
	bool from_is_system;        /* from was entered as a system header, or has become one */
	bool from_is_marked;        /* it has become one, by #pragma GCC system_header */
};

struct expander_world {
	void *context;
	/* OK; ERR_MISSING: no such file; ERR_DENIED: the answer is neither (EACCES, ELOOP...): unmodelled. */
	enum err (*find)(void *context, const struct find *f, const struct source **found);
	/*
	 * A question that only the compiler can answer, as its text stands in a condition after macro
	 * expansion of what the compiler expands: "__has_attribute(noreturn)", "__is_identifier(int)",
	 * "defined __has_feature". ERR_DENIED: no answer.
	 */
	enum err (*ask)(void *context, const char *question, int64_t *value);
	/*
	 * Called when a file is entered, first and later times; it is then a dependency. The first time decides whether it is
	 * in -MMD's list: a header of the user's that a system header includes is not.
	 */
	void (*entered)(void *context, const struct source *s, enum source_side side);
	/* Inclusion was skipped (#pragma once, #import), or __has_include has found it: clang lists these too, gcc does not. */
	void (*skipped)(void *context, const struct source *s, enum source_side side);
	/* Called now and then during long runs, so that other clients can be told that we live. */
	void (*alive)(void *context);
};

struct expander_run {
	const struct expander_world *world;
	enum args_compiler compiler;
	unsigned mode;                          /* enum program_mode */
	const struct program *predefines;       /* the compiler's "-dM" output */
	const struct program *command_line;     /* "#define"s and "#undef"s of -D and -U, in order; may be NULL */
	const struct source *const *before;     /* entered before the main file, found by the caller: stdc-predef.h */
	size_t before_count;
	const char *const *imacros;             /* names, in order */
	size_t imacros_count;
	const char *const *includes;
	size_t include_count;
	const struct source *main;
	uint64_t steps_max;                     /* instructions and tokens; 0: more than any real source needs */
};

struct expander *
expander_new(struct symbols *symbols);
void
expander_free(struct expander *e);
/* UNMODELLED_NONE: world has seen exactly what the compiler would read. detail (yours, or NULL) names the place: "a.h:12: ...". */
enum unmodelled
expander_run(struct expander *e, const struct expander_run *run, char **detail);

#endif

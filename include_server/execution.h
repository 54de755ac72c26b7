/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_EXECUTION_H
#define DCC_EXECUTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "expander.h"
#include "expansion.h"
#include "instruction.h"
#include "seen.h"
#include "strv.h"

/* The inside of an expander, for the modules that share the work of a run. */

/* gcc's -fmax-include-depth and clang's bound; one more for a macro of pragmas. */
#define DEPTH_MAX 200u
#define FRAMES_MAX (DEPTH_MAX + 2)

/* A program that is being executed. */
struct frame {
	const struct source *source;
	const struct program *program;
	const struct instruction *at; /* the next one */
	const char *name;             /* presumed: #line changes it */
	int64_t line_shift;           /* presumed line minus physical one */
	bool is_line_unknown;
	bool is_system;
	bool is_marked;               /* by #pragma GCC system_header */
	bool is_pragma;               /* of a macro, not of a file */
};

/* push_macro */
struct pushed {
	struct symbol *symbol;
	struct macro *macro;
};

struct expander {
	struct symbols *symbols;
	struct expansion x;
	struct seen seen;          /* files, for #pragma once and #import */

	/* Of this run. */
	const struct expander_run *run;
	const struct expander_world *world;
	struct frame frames[FRAMES_MAX];
	size_t depth;              /* frames in use */
	const struct instruction *instruction; /* being executed */
	struct pushed *pushed;
	size_t pushed_count, pushed_cap;
	unsigned *taints;          /* #pragma GCC push_options */
	size_t taint_count, taint_cap;
	bool is_clang, char_is_unsigned, is_level_unknown;
	char *detail;
	struct strv texts;         /* live as long as the run */
	struct macro_program *macro_programs; /* macros of pragmas, compiled */

	/* A condition is evaluated twice when its value may depend on one of these. */
	bool is_second;
	bool has_guess;            /* one was read */
	enum unmodelled guess;     /* what was read */
	int64_t counter;
};

/* The file that is being executed, and not a macro's pragmas. */
struct frame *
execution_file(struct expander *e);
/* How deep: 0 in the main file. */
size_t
execution_level(const struct expander *e);
/* Ends the run at the present place. */
void
execution_fail(struct expander *e, enum unmodelled why, const char *what);
/* Is the file there, seen from where the run is? False too when the run has failed. f->from is set; *found may stay NULL. */
bool
execution_probe(struct expander *e, struct find *f, const struct source **found);
/* Whose it is when it is included here. */
enum source_side
execution_side(const struct expander *e, const struct source *s);
/* Enters a file, if it is not to be skipped. */
void
execution_enter(struct expander *e, const struct source *s, bool is_import);
/* Finds and enters a file; flags: enum include_flag. */
void
execution_include(struct expander *e, const char *name, unsigned flags);
/* Begins a program of the file that is being executed. */
void
execution_push(struct expander *e, const struct program *p);
#endif

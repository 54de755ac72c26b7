/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ARGS_SCAN_H
#define DCC_ARGS_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "args_table.h"

/* What args_scan collects on its way through a command: private to args.c and args_note.c. */

struct args_scan {
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
	bool wants_own_profile; /* -fprofile-use without a file */
	bool awaits_feature;  /* the next -Xclang has the value of -target-feature */
	size_t depends;       /* -MD and -MMD; of both, clang warns that it uses one */
	const char *dep_file; /* of -MF, borrowed from argv */
	const char *wp_file;  /* of -Wp,-MD,FILE, borrowed from argv */
};

/* Notes the option m that stands at word i. */
void
args_note_option(struct args_scan *s, size_t i, const struct option_match *m);
/* The first reason stays, but for the weak ones, which a volunteer would wave through. */
void
args_stay(struct args *a, enum reason reason, const char *detail);
/* Is it a place where a result cannot be renamed to? */
bool
args_is_special_file(const char *path);

#endif

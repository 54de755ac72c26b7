/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ARGS_SEARCH_H
#define DCC_ARGS_SEARCH_H

#include <stdbool.h>

#include "args.h"
#include "strv.h"

/* What a command says to the preprocessor, in the order in which that hears it: -Wp and -Xpreprocessor last. Pure. */

/* The list of files that the user asked for, with -MD or -MMD. */
enum args_dependencies { ARGS_DEPENDENCIES_NONE, ARGS_DEPENDENCIES_ALL, ARGS_DEPENDENCIES_USER };

struct args_search {
	char *refused;              /* an option that pump mode does not model, or NULL */
	char *macros;               /* lines of "#define" and "#undef": -D and -U */
	struct strv imacros;        /* names, in order */
	struct strv includes;       /* names, in order */
	/*
	 * Two parts of the key of what only the compiler knows, as words of a command line: what may decide
	 * its macros (all that is not known to be harmless), and the folders that are searched besides.
	 */
	struct strv dialect;
	struct strv folders;
	/*
	 * The folders of -I, in order: those that are no system folders. One that begins with '=' or '*'
	 * lies below a folder that the compiler knows.
	 */
	struct strv user_folders;
	struct strv other_folders;  /* those of -idirafter, then of -iquote, then of the rest: as clang reads them */
	bool has_relative_folder;   /* the meaning of folders depends on the current directory */
	bool has_no_standard_folders; /* -nostdinc */
	bool keeps_spelling;        /* -fno-canonical-system-headers */
	enum args_dependencies dependencies[ARGS_COMPILERS];
};

/* Of a command that args_scan sends away. *s starts as {0}; args_search_release frees. */
void
args_search_parse(const struct args *a, struct args_search *s);
void
args_search_release(struct args_search *s);

#endif

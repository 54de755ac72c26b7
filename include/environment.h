/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_ENVIRONMENT_H
#define DCC_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "strv.h"

/*
 * The variables that decide what a preprocessor reads: dcc sends them to the include server, which heeds them. And those
 * that decide about messages and dates: dcc sends them to the volunteer, which passes on no other. Pure.
 */

enum environment_part {
	ENVIRONMENT_IDENTITY, /* which programs do the work: seen in the compiler's identity */
	ENVIRONMENT_COMPILER, /* the same, and where they look for their own files */
	ENVIRONMENT_FOLDERS,  /* lists of folders that are searched */
	ENVIRONMENT_REFUSED   /* whatever its value, it changes what a compile reads or writes in a way of its own */
};

struct environment_variable {
	const char *name;
	enum environment_part part;
	bool is_user_folder;  /* FOLDERS: no system folders, like those of -I */
};

extern const struct environment_variable environment_table[];
extern const size_t environment_table_size;

/* The value of name in "NAME=value" items, borrowed, or NULL. */
const char *
environment_find(const struct strv *env, const char *name);
/* Does this "NAME=value" decide about the compiler's messages or about dates? PWD does. */
bool
environment_is_passed_on(const char *item);
/* Is this "NAME=value" CPATH or its like, which name folders that are searched for headers? */
bool
environment_names_folders(const char *item);
/* Picks out of items (environ) what the table names. */
void
environment_select(char *const items[], struct strv *out);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_MASQUERADE_H
#define DCC_MASQUERADE_H

#include <stdbool.h>

#include "err.h"
#include "strv.h"

/*
 * Which compiler is meant. Called as dcc: the first word, or cc where that is an option or a
 * source file. Called by another name (a link named gcc ahead in PATH): the next program of that name in PATH that
 * is not dcc itself.
 */
struct masquerade {
	struct strv command; /* argv for the compiler; the first word is its name as the user wrote it */
	char *path;          /* the program to run, with a slash */
	char *child_path;    /* PATH for children: without the folder of the link; NULL: unchanged */
};

/*
 * ERR_MISSING: no such compiler (logged); ERR_USAGE: no command at all; ERR_BUG: the compiler found is dcc itself, or
 * we were started by ourselves (logged): exit code 111. Safe to release in every case.
 */
enum err
masquerade_resolve(char *const argv[], struct masquerade *m);
void
masquerade_release(struct masquerade *m);
/* The command with the words of every @file in its place: errors as args_expand's. */
enum err
masquerade_expand(const struct masquerade *m, struct strv *argv);
/* Called as dcc (or a link with "dcc" in its name), not by a compiler's name? */
bool
masquerade_is_dcc(const char *argv0);
/* Puts the mark into our environment by which a dcc started below recognises recursion, and child_path as PATH. */
void
masquerade_prepare_children(const struct masquerade *m);

#endif

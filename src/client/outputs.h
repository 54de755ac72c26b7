/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_OUTPUTS_H
#define DCC_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "args.h"
#include "err.h"

/* The files of one job, written beside their places under temporary names and renamed all or none. Starts as {0}. */
struct outputs {
	struct output *list;
	size_t count;
};

/* A new file for final (any path), to be written through *fd (borrowed until place or discard). ERR_SYSTEM, logged. */
enum err
outputs_add(struct outputs *o, const char *final, mode_t mode, int *fd);
/* A file that already lies at temp, on the same file system as final. */
void
outputs_adopt(struct outputs *o, const char *temp, const char *final);
/* Renames all into place; ERR_SYSTEM (logged): none was placed, unless the disk itself failed half way. */
enum err
outputs_place(struct outputs *o);
/* Removes what was not placed; releases everything. Safe twice. */
void
outputs_discard(struct outputs *o);
/* A name beside final that no other job uses, for a file to adopt. Yours. */
char *
outputs_temp_name(const char *final);
/* Can a file be placed at final: nothing there, or a regular file or a link? */
bool
outputs_is_placeable(const char *final);
/*
 * May a volunteer write path (absolute) for this command? Only the object itself, and beside it or in cwd files whose names
 * begin like the object's or the source's, as all of the compilers' side outputs do.
 */
bool
outputs_is_expected(const struct args *a, const char *cwd, const char *path);

#endif

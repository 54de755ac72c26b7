/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_OUTPUTS_H
#define DCC_OUTPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "args.h"
#include "err.h"

/*
 * The files of one job. Each is written without a name on its folder's file system (O_TMPFILE), or under a temporary
 * name where that is not possible, and all get their names at the end or none: a dcc that is killed leaves nothing. Starts as {0}.
 */
struct outputs {
	struct output *list;
	size_t count;
};

/*
 * What a compiler does with a file that is there already: it makes a new one in its place (objects), or writes into the
 * old one, which keeps its mode and its other names (.d, .su, gcc's .s).
 */
enum outputs_way { OUTPUTS_REPLACE, OUTPUTS_REWRITE };

/*
 * A new file for final (any path), to be written through *fd (borrowed until place or discard), and never executable.
 * ERR_SYSTEM, logged.
 */
enum err
outputs_add(struct outputs *o, const char *final, enum outputs_way way, mode_t mode, int *fd);
/* Was a file for this very name added? */
bool
outputs_has(const struct outputs *o, const char *final);
/* A path by which a child of ours can open the file that was added last. Yours. */
char *
outputs_last_path(const struct outputs *o);
/* Puts all into place; ERR_SYSTEM (logged): none was placed, unless the disk itself failed half way. */
enum err
outputs_place(struct outputs *o);
/* Removes what was not placed; releases everything. Safe twice. */
void
outputs_discard(struct outputs *o);
/* Can a file be placed at final: nothing there, or a regular file? gcc writes through a link, clang does not. */
bool
outputs_is_placeable(const char *final);
/*
 * Do the name and its normal form mean one folder? A symbolic link before a ".." makes them two; the volunteer, who
 * has no such link, would write to the wrong one.
 */
bool
outputs_has_one_place(const char *cwd, const char *final);

#endif

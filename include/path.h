/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PATH_H
#define DCC_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Names of files as text: nothing here touches the disk. New strings are yours to free(). */

/* The part behind the last '/', borrowed from path. */
const char *
path_base(const char *path);
/* The last '.' of the base name and what follows, or "" at the end; borrowed. ".x" has none. */
const char *
path_extension(const char *path);
/* Everything before the last '/': "." when there is none, "/" for a file in the root. */
char *
path_dir(const char *path);
/* dir/name, or name alone when it is absolute or dir is "". */
char *
path_join(const char *dir, const char *name);
/* Absolute and without ".", "..", "//": what the text means where no symbolic link is involved. */
char *
path_normalise(const char *cwd, const char *path);
/* Is path (normalised) dir itself or below it (normalised)? */
bool
path_is_below(const char *path, const char *dir);
/* The path with its extension replaced: ("a/b.c", ".d") gives "a/b.d"; added where there is none. */
char *
path_with_extension(const char *path, const char *extension);
/* No empty component, no ".", no "..", not absolute: safe below any directory. */
bool
path_is_plain(const char *path);

#endif

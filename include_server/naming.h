/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_NAMING_H
#define DCC_NAMING_H

#include <stdbool.h>
#include <stdint.h>

#include "folders.h"

/*
 * What clang remembers of files and folders, whatever their names, while it reads a translation unit. Up to 16 it
 * calls a folder by the first name under which it came across it, be it only to look for a file in vain;
 * later versions go by the text alone. And a file is a system header if it was one when it was found last.
 */
struct naming;

/* What stands before the last component, as clang names it: no slash at the end, "." for nothing. Yours. */
char *
naming_above(const char *path);

struct naming *
naming_new(void);
void
naming_free(struct naming *n);
/* Forgets all, for a new translation unit. */
void
naming_begin(struct naming *n, uint64_t scan);
/* The folder is met under that name. */
void
naming_see(struct naming *n, const struct folder *folder, const char *name);
/* Its name, or NULL when it was not met; valid until the next scan begins. */
const char *
naming_of(const struct naming *n, const struct folder *folder);
/* The file is met in that folder, perhaps through a link that lies there. */
void
naming_see_file(struct naming *n, const struct entry *file, struct folder *in);
/* The folder where the file was met first, or NULL. */
struct folder *
naming_folder_of(const struct naming *n, const struct entry *file);
void
naming_set_system(struct naming *n, const struct entry *file, bool is_system);
bool
naming_is_system(const struct naming *n, const struct entry *file);

#endif

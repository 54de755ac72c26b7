/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_LEFTOVERS_H
#define DCC_LEFTOVERS_H

#include <stdbool.h>

/*
 * Folders of one process, which others of ours remove when it is dead. A flock(2) of its own shows that one is in use; it ends
 * with the process, whatever ends that.
 */

/* Takes the folder: *fd is then its lock, yours. False, with errno, when another process has it or it was removed meanwhile. */
bool
leftovers_lock(const char *path, int *fd);
/* Gives every folder in parent whose name begins with prefix, and that nobody has, to remove. */
void
leftovers_sweep(const char *parent, const char *prefix, void (*remove)(const char *path));

#endif

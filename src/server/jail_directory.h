/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_DIRECTORY_H
#define DCC_JAIL_DIRECTORY_H

#include "jail_box.h"

/* ERR_DENIED: the job names an absolute path, or leaves the tree that stands for the client's root. */
enum err
jail_directory_check(const struct jail_job *job);
/* A new private directory, locked by *fd. ERR_SYSTEM, logged. */
enum err
jail_directory_make(const char *work_dir, char **directory, int *fd);
/* Makes the plan's folders in it; layers gets one descriptor. */
enum err
jail_directory_build(struct jail_box *b, int *layers, unsigned *count);
/* Removes it with all its contents; takes fd, frees directory. */
void
jail_directory_remove(char *directory, int fd);

#endif

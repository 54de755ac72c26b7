/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_NAMESPACES_H
#define DCC_JAIL_NAMESPACES_H

#include "jail_box.h"

/* A child with namespaces of its own, as fork(2); -1 with errno. */
pid_t
jail_namespaces_fork(void);
/*
 * In that child: makes the tree of the plan in the folder "root" of a new tmpfs, which is the working directory
 * afterwards. layers gets a descriptor of each written layer, in the plan's order.
 */
enum err
jail_namespaces_build(struct jail_box *b, int *layers, unsigned *count);
/* Makes "root" the root, forgets the rest of the machine. */
enum err
jail_namespaces_enter(struct jail_box *b);
/* Gives up every capability, for exec too. */
enum err
jail_namespaces_drop(struct jail_box *b);

#endif

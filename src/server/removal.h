/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_REMOVAL_H
#define DCC_REMOVAL_H

/* Deeper than any job of ours makes folders: what is below stays, and so do its parents. */
#define REMOVAL_DEPTH_MAX 400u

/*
 * Removes the folder and all that is below it, without following a link. Permissions that its owner
 * took away are given back first. What cannot be removed is logged and stays.
 */
void
removal_remove(int parent_fd, const char *name);

#endif

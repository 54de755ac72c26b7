/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CGROUP_PLACE_H
#define DCC_CGROUP_PLACE_H

#include <stdbool.h>

/* Is it one of the words, which commas, spaces or newlines part? */
bool
cgroup_place_has_word(const char *list, const char *word);
/*
 * The folder of the cgroup that /proc/self/cgroup's text names for a controller of v1, or for v2 ("" as controller), where
 * /proc/self/mountinfo's text shows it. Yours; NULL: nowhere.
 */
char *
cgroup_place_find(const char *mounts, const char *cgroups, const char *controller);

#endif

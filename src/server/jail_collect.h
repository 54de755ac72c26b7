/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_JAIL_COLLECT_H
#define DCC_JAIL_COLLECT_H

#include "jail.h"

#define JAIL_OUTPUTS_MAX 4096

/*
 * Adds every regular file below the folder fd (borrowed) to the result's outputs, named from prefix ("" for the
 * root), except what skip names, files and folders. Nobody may write there any more.
 */
enum err
jail_collect_layer(int fd, const char *prefix, const struct strv *skip, struct jail_result *r);
/* The outputs in the order of their names. */
void
jail_collect_sort(struct jail_result *r);

#endif

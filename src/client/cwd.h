/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CWD_H
#define DCC_CWD_H

#include <stdbool.h>

/*
 * $PWD's spelling of the current folder, if it names it: what the compilers write into debug
 * information. One that is not in normal form ("//a", "/a/") cannot be shown on a volunteer: *is_odd. Yours; NULL: there is none.
 */
char *
cwd_find(bool *is_odd);

#endif

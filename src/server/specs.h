/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_SPECS_H
#define DCC_SPECS_H

#include "strv.h"

/*
 * A file for gcc's -specs= (x86), by which the driver makes of -march=native and -mtune=native these words of a client
 * instead of what it finds out here (spec cc1_cpu, in "gcc -dumpspecs"): for -march, and from the first --param or
 * -mtune= on for -mtune. Pure. NULL: a word is none that a driver makes. Yours.
 */
char *
specs_make(const struct strv *native);

#endif

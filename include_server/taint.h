/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TAINT_H
#define DCC_TAINT_H

#include <stdbool.h>

/*
 * Macros that gcc itself defines anew where "#pragma GCC target" or "optimize" is in force. Which, and when, depends on
 * how far its parser has come, so a condition that reads one is not followed.
 */
enum taint { TAINT_TARGET = 1 << 0, TAINT_OPTIMIZE = 1 << 1 };

/* May a macro of this name, which no source defines, have changed? */
bool
taint_has(unsigned taint, const char *name);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TAINT_H
#define DCC_TAINT_H

#include <stdbool.h>

/*
 * Macros that gcc itself defines anew where "#pragma GCC target" or "optimize" is in force. Which, and when, depends on
 * how far its parser has come, so a condition that reads one is not followed. TAINT_VECTORS: of
 * target("general-regs-only"), inside which gcc's own <immintrin.h> asks for many others; it can only take macros away.
 */
enum taint { TAINT_TARGET = 1 << 0, TAINT_OPTIMIZE = 1 << 1, TAINT_VECTORS = 1 << 2 };

enum taint_before { TAINT_UNDEFINED, TAINT_PREDEFINED };

/* May a macro of this name, which no source defines or undefines, have changed? It was predefined, or there was none. */
bool
taint_has(unsigned taint, const char *name, enum taint_before before);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_CONDITION_H
#define DCC_CONDITION_H

#include <stdbool.h>

#include "expansion.h"

/* The value of the expression that x reads: #if and #elif. A false start ends the run (expansion_fail). */
bool
condition_evaluate(struct expansion *x, bool char_is_unsigned);
/* Reads the rest of "defined X" or "defined(X)". */
bool
condition_read_defined(struct expansion *x);

#endif

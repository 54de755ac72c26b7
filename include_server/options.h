/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_OPTIONS_H
#define DCC_OPTIONS_H

#include "execution.h"

/* #pragma GCC target, optimize, push_options and their like. */

void
options_change(struct expander *e, enum target_change change);
/*
 * Where options have been changed: is n a condition that does nothing but change them more, or back again? Its group
 * has been executed then.
 */
bool
options_switch(struct expander *e, const struct instruction *n);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_EFFECTS_H
#define DCC_EFFECTS_H

#include "execution.h"

/* Executes the rarer instructions: all that are neither conditionals nor definitions nor plain includes. */
void
effects_execute(struct expander *e, const struct instruction *n);
/* What a run leaves behind. */
void
effects_end(struct expander *e);

#endif

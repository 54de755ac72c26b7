/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_BUILTINS_H
#define DCC_BUILTINS_H

#include <stdbool.h>

#include "execution.h"

/* Macros whose value the compiler makes up, for struct expansion; context is the expander. */

bool
builtins_value(void *context, const struct token *name, struct token *value);
bool
builtins_exist(void *context, enum special special);
/*
 * The name of a file at the beginning of the tokens: "name", <name> or < ... > by tokens. Interned; *is_angle is set. NULL:
 * the run has failed.
 */
const char *
builtins_read_name(struct expander *e, bool *is_angle);

#endif

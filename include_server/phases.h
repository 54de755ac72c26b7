/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PHASES_H
#define DCC_PHASES_H

#include <stdbool.h>
#include <stddef.h>

#include "lexer.h"

/* Translation phases 1 and 2, where they cannot be done on the way. */

/* Has the lexer's copy something that would lead it astray? survey: of bytescan_survey. */
bool
phases_need(struct lexer *l, unsigned survey);
/*
 * Takes splices, trigraphs and lone carriage returns out of the lexer's copy, not those of raw strings. Lines keep their
 * numbers: a newline taken out is put in at the end of its logical line. Returns the new length.
 */
size_t
phases_clean(struct lexer *l);

#endif

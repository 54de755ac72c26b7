/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_WORDS_H
#define DCC_WORDS_H

#include <stdbool.h>

#include "lexer.h"

/* The few words that matter between directives. */

/* Which of them (enum lexer_words) the text may have. survey: of bytescan_survey. */
unsigned
words_wanted(const char *text, unsigned survey, unsigned mode);
/* Looks for them from l->at up to end, where no literal or comment lies between. LEXER_END: none, else l->at is behind it. */
enum lexer_event
words_find(struct lexer *l, const char *end);
/* The literal at p, which ends at l->at, in an asm statement: does it have the assembler read a file? */
bool
words_in_literal(struct lexer *l, const char *p);

#endif

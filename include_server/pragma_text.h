/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_PRAGMA_TEXT_H
#define DCC_PRAGMA_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "directives.h"

/* #pragma and _Pragma -> instructions; those that change neither macros nor files give none. */

/* text: what stands behind "#pragma". */
void
pragma_text_add(struct builder *b, const struct lexer *l, const char *text, size_t length);
/* text: what stands between the quotes of _Pragma("..."). */
void
pragma_text_add_quoted(struct builder *b, const struct lexer *l, const char *text, size_t length);
/* Is text nothing but _Pragma("...") _Pragma("...")? */
bool
pragma_text_is_list(const char *text, size_t length);
/* Does a text that has _Pragma among other things have one with an effect? */
bool
pragma_text_has_effect(struct builder *b, const char *text, size_t length);

/* For who expands such a list: the next _Pragma's string from *text on, between its quotes; NULL: there is none. */
const char *
pragma_text_next(const char **text, const char *end, size_t *length);

#endif

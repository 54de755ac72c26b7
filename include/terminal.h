/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_TERMINAL_H
#define DCC_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * What may be shown on a user's terminal of a text from elsewhere. Control sequences can hide text, rename the window, and make some
 * terminals type. Pure.
 */

/* Bytes of the character that text begins with, at most 4; 0: it is a control character, one of the second set (U+0080 to U+009F) too. len >= 1. */
size_t
terminal_character(const char *text, size_t len);
/* Is there nothing but what compilers print: lines, colours (SGR), erased line ends, and links (OSC 8)? */
bool
terminal_is_compilers(const char *text, size_t len);

#endif

/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_WORD_H
#define DCC_WORD_H

#include <stdbool.h>

/* Words of a command line, or of what a program says. */

bool
word_starts_with(const char *word, const char *head);
/* list ends with NULL. */
bool
word_is_one_of(const char *word, const char *const list[]);

#endif

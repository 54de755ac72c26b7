/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_NUMBER_H
#define DCC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Integers and characters as #if takes them: 64 bits, signed or unsigned. */
struct number {
	uint64_t bits;
	bool is_unsigned;
};

/* A preprocessing number. False: no integer, or one that does not fit. */
bool
number_parse(const char *text, size_t length, struct number *n);
/* A character constant with its quotes. False: it has a prefix or a character that is not followed, or is wrong. */
bool
number_parse_character(const char *text, size_t length, bool char_is_unsigned, struct number *n);

#endif

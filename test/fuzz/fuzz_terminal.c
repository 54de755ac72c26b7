/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is let through to a terminal has no control character but those of the sequences that are let through. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "terminal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	for (size_t at = 0; at < size;) {
		size_t n = terminal_character(text + at, size - at);

		check(n <= 4 && n <= size - at);
		check(n == 0 || (data[at] >= 0x20 && data[at] != 0x7f));
		at += n != 0 ? n : 1;
	}
	if (!terminal_is_compilers(text, size))
		return 0;
	for (size_t i = 0; i < size; i++) {
		check(data[i] != 0 && data[i] != 8 && data[i] != 0x7f);
		check(data[i] != 0x1b || (i + 1 < size && strchr("[]\\", data[i + 1]) != NULL));
		check(data[i] != '\r' || (i + 1 < size && data[i + 1] == '\n'));
	}
	return 0;
}

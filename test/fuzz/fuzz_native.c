/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first byte says which compiler speaks, and what was asked. Words that are taken mean the same on every machine, and answer all of it. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "native.h"
#include "xalloc.h"

static bool
has_head(const struct strv *words, const char *head)
{
	for (size_t i = 0; i < words->count; i++)
		if (strncmp(words->items[i], head, strlen(head)) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	enum args_compiler kind = data[0] & 1 ? ARGS_CLANG : ARGS_GCC;
	unsigned asked = data[0] >> 1 & (NATIVE_ARCH | NATIVE_TUNE);
	char *said = xstrndup((const char *)data + 1, size - 1);
	struct strv words = {0};

	if (native_parse(said, kind, asked, &words) == OK) {
		check((asked & NATIVE_ARCH) == 0 || has_head(&words, "-march="));
		check((asked & NATIVE_TUNE) == 0 || has_head(&words, "-mtune="));
		check(!strv_has(&words, "-march=native") && !strv_has(&words, "-mtune=native"));
	} else {
		check(words.count == 0);
	}
	strv_release(&words);
	free(said);
	return 0;
}

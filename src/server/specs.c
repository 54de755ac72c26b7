/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "specs.h"
#include "word.h"
#include "xalloc.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

static bool
is_tuning(const char *word)
{
	return word_starts_with(word, "--param=") || word_starts_with(word, "-mtune=");
}

/* Nothing that means something to specs, such as a percent sign or a brace. */
static bool
is_allowed(const char *word)
{
	if (!word_starts_with(word, "-m") && !word_starts_with(word, "--param="))
		return false;
	return word[strspn(word, LETTERS "-+=._")] == '\0' && strcmp(word, "-march=native") != 0 && strcmp(word, "-mtune=native") != 0;
}

/* Each word with a blank before it. */
static void
add_words(struct buffer *b, const struct strv *words, size_t begin, size_t end)
{
	for (size_t i = begin; i < end; i++) {
		buffer_add_string(b, " ");
		buffer_add_string(b, words->items[i]);
	}
}

char *
specs_make(const struct strv *native)
{
	struct buffer b = {0};
	size_t arch = 0;

	for (size_t i = 0; i < native->count; i++)
		if (!is_allowed(native->items[i]))
			return NULL;
	while (arch < native->count && !is_tuning(native->items[arch]))
		arch++;
	buffer_add_string(&b, "*cc1_cpu:\n%{march=native:%>march=native");
	add_words(&b, native, 0, arch);
	buffer_add_string(&b, " %{!mtune=*:%>mtune=native");
	add_words(&b, native, arch, native->count);
	buffer_add_string(&b, "}} %{mtune=native:%>mtune=native");
	add_words(&b, native, arch, native->count);
	buffer_add_string(&b, "}\n");
	return buffer_take_string(&b);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "word.h"

#include <string.h>

bool
word_starts_with(const char *word, const char *head)
{
	return strncmp(word, head, strlen(head)) == 0;
}

bool
word_is_one_of(const char *word, const char *const list[])
{
	for (; *list != NULL; list++)
		if (strcmp(word, *list) == 0)
			return true;
	return false;
}

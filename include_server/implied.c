/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lists there are by default depends on the sanitizers and on what is installed; the driver knows, and hands
 * them to the compiler proper by name. With -E it does not.
 */
#include <stdlib.h>
#include <string.h>

#include "implied.h"
#include "xalloc.h"

static const char *
after(const char *word, const char *head)
{
	size_t n = strlen(head);

	return strncmp(word, head, n) == 0 ? word + n : NULL;
}

bool
implied_is_likely(enum args_compiler compiler, const struct strv *options)
{
	for (size_t i = 0; compiler == ARGS_CLANG && i < options->count; i++)
		if (after(options->items[i], "-fsanitize") != NULL || after(options->items[i], "-fprofile-list=") != NULL)
			return true;
	return false;
}

static void
add(struct strv *list, const char *name)
{
	/* Names with line ends could not be kept; nobody has such. */
	if (name != NULL && strchr(name, '\n') == NULL && !strv_has(list, name))
		strv_add(list, name);
}

static void
take_word(const char *word, struct strv *names, struct strv *system)
{
	add(names, after(word, "-fdepfile-entry="));
	add(names, after(word, "-fsanitize-ignorelist="));
	add(names, after(word, "-fsanitize-blacklist="));
	add(names, after(word, "-fprofile-list="));
	add(system, after(word, "-fsanitize-system-ignorelist="));
	add(system, after(word, "-fsanitize-system-blacklist="));
}

enum err
implied_parse(const char *said, struct strv *names, struct strv *system)
{
	const char *at = strstr(said, "\"-cc1\"");
	struct strv words = {0};

	if (at == NULL)
		return ERR_PROTOCOL;
	char *line = xstrndup(at, strcspn(at, "\n"));

	args_split(line, &words);
	for (size_t i = 0; i < words.count; i++)
		take_word(words.items[i], names, system);
	strv_release(&words);
	free(line);
	return OK;
}

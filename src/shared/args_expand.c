/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "buffer.h"
#include "xalloc.h"

/*
 * Response files: "@name" stands for the words in the file. Both compilers read them alike: words
 * are separated by white space; '...' and "..." hold it; a backslash takes the next byte as it is,
 * inside quotes too; a file may name further files, found from the current directory.
 */
#define DEPTH_MAX 32u
#define FILES_MAX 2000u /* a file that names itself ends here */
#define WORDS_MAX 1000000u
#define BYTES_MAX ((size_t)64 << 20)

struct expansion {
	args_load_fn load;
	void *context;
	struct strv *out;
	size_t files;
	size_t bytes;
};

/* Takes one word from *text, which it moves behind it; NULL when only white space is left. Yours. */
static char *
take_word(const char **text)
{
	const char *p = *text + strspn(*text, " \t\n\v\f\r");
	struct buffer word = {0};
	char quote = '\0';

	if (*p == '\0')
		return NULL;
	for (; *p != '\0' && (quote != '\0' || strchr(" \t\n\v\f\r", *p) == NULL); p++) {
		if (*p == '\\' && p[1] != '\0')
			buffer_add(&word, ++p, 1);
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else
			buffer_add(&word, p, 1);
	}
	*text = p;
	return buffer_take_string(&word);
}

static enum err
expand_word(struct expansion *x, const char *word, unsigned depth);

static enum err
expand_text(struct expansion *x, const char *text, unsigned depth)
{
	enum err e = OK;
	char *word = take_word(&text);

	while (e == OK && word != NULL) {
		e = expand_word(x, word, depth);
		free(word);
		word = e == OK ? take_word(&text) : NULL;
	}
	return e;
}

static enum err
expand_word(struct expansion *x, const char *word, unsigned depth)
{
	char *text = NULL;

	if (x->out->count >= WORDS_MAX)
		return ERR_LIMIT;
	if (word[0] != '@') {
		strv_add(x->out, word);
		return OK;
	}
	if (depth >= DEPTH_MAX || ++x->files > FILES_MAX)
		return ERR_LIMIT;
	enum err e = x->load(x->context, word + 1, &text);

	if (e == ERR_MISSING) {
		strv_add(x->out, word);
		return OK;
	}
	if (e != OK)
		return e;
	x->bytes += strlen(text);
	e = x->bytes > BYTES_MAX ? ERR_LIMIT : expand_text(x, text, depth + 1);
	free(text);
	return e;
}

void
args_split(const char *line, struct strv *words)
{
	char *word;

	while ((word = take_word(&line)) != NULL)
		strv_take(words, word);
}

enum err
args_expand(char *const argv[], args_load_fn load, void *context, struct strv *out)
{
	struct expansion x = {.load = load, .context = context, .out = out};
	enum err e = OK;

	if (argv[0] == NULL)
		return OK;
	strv_add(out, argv[0]);
	for (size_t i = 1; e == OK && argv[i] != NULL; i++)
		e = expand_word(&x, argv[i], 0);
	return e;
}

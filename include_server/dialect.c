/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The text, one line each:
 *
 *     mode BITS
 *     answer VALUE QUESTION | none QUESTION
 *     implied NAME | implied-system NAME
 *     macros                        the rest of the text are the compiler's own macros
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dialect.h"
#include "xalloc.h"

void
dialect_release(struct dialect *d)
{
	struct interview_answer *a;
	size_t at = 0;

	while ((a = table_next(&d->answers, &at)) != NULL) {
		free(a->question);
		free(a);
	}
	table_release(&d->answers);
	strv_release(&d->implied);
	strv_release(&d->implied_system);
	free(d->predefines);
	*d = (struct dialect){0};
}

static uint64_t
hash_of(const char *question)
{
	return table_hash(question, strlen(question), 0);
}

static bool
is_answer_to(const void *item, const void *key)
{
	return strcmp(((const struct interview_answer *)item)->question, key) == 0;
}

static const struct interview_answer *
find(const struct dialect *d, const char *question)
{
	return table_find(&d->answers, hash_of(question), is_answer_to, question);
}

enum err
dialect_find(const struct dialect *d, const char *question, int64_t *value)
{
	const struct interview_answer *a = find(d, question);

	if (a == NULL)
		return ERR_MISSING;
	if (!a->is_known)
		return ERR_DENIED;
	*value = a->value;
	return OK;
}

void
dialect_add(struct dialect *d, const char *question, const struct interview_answer *answer)
{
	struct interview_answer *a = xmalloc(sizeof(*a));

	*a = *answer;
	a->question = xstrdup(question);
	table_add(&d->answers, hash_of(question), a);
}

static void
format_names(const char *head, const struct strv *names, struct buffer *out)
{
	for (size_t i = 0; i < names->count; i++) {
		buffer_add_string(out, head);
		buffer_add_string(out, names->items[i]);
		buffer_add_string(out, "\n");
	}
}

void
dialect_format(const struct dialect *d, struct buffer *out)
{
	char *line = xasprintf("mode %u\n", d->mode);
	const struct interview_answer *a;
	size_t at = 0;

	buffer_add_string(out, line);
	free(line);
	while ((a = table_next(&d->answers, &at)) != NULL) {
		line = a->is_known ? xasprintf("answer %" PRId64 " %s\n", a->value, a->question)
		                   : xasprintf("none %s\n", a->question);
		buffer_add_string(out, line);
		free(line);
	}
	format_names("implied ", &d->implied, out);
	format_names("implied-system ", &d->implied_system, out);
	buffer_add_string(out, "macros\n");
	buffer_add_string(out, d->predefines);
}

static enum err
parse_answer(struct dialect *d, const char *text)
{
	struct interview_answer a = {.is_known = true};
	char *end;

	errno = 0;
	a.value = strtoll(text, &end, 10);
	if (end == text || *end != ' ' || end[1] == '\0' || errno != 0 || find(d, end + 1) != NULL)
		return ERR_PROTOCOL;
	dialect_add(d, end + 1, &a);
	return OK;
}

static enum err
parse_line(struct dialect *d, const char *line)
{
	static const struct interview_answer none = {0};

	if (strncmp(line, "answer ", 7) == 0)
		return parse_answer(d, line + 7);
	if (strncmp(line, "none ", 5) == 0 && line[5] != '\0' && find(d, line + 5) == NULL) {
		dialect_add(d, line + 5, &none);
		return OK;
	}
	if (strncmp(line, "implied ", 8) == 0) {
		strv_add(&d->implied, line + 8);
		return OK;
	}
	if (strncmp(line, "implied-system ", 15) == 0) {
		strv_add(&d->implied_system, line + 15);
		return OK;
	}
	if (strncmp(line, "mode ", 5) != 0)
		return ERR_PROTOCOL;
	d->mode = (unsigned)strtoul(line + 5, NULL, 10);
	return OK;
}

enum err
dialect_parse(char *text, struct dialect *d)
{
	enum err e = OK;

	while (e == OK && strncmp(text, "macros\n", 7) != 0) {
		size_t n = strcspn(text, "\n");

		if (text[n] == '\0')
			return ERR_PROTOCOL;
		text[n] = '\0';
		e = parse_line(d, text);
		text += n + 1;
	}
	if (e == OK)
		d->predefines = xstrdup(text + 7);
	return e;
}

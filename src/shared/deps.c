/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Make's language as gcc and clang write it: "target...: name name \<newline> name". A blank after an
 * odd number of backslashes belongs to the name, and half of those before it; "\#" and "\:" stand for the
 * character alone, "$$" for one "$"; any other backslash is one. What is read wrongly here makes a
 * digest differ, which costs a compile and never gives a wrong object.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buffer.h"
#include "deps.h"

struct scanner {
	const char *p;
	const char *end;
	bool in_targets; /* a ':' that a blank follows ends them */
	bool has_colon;  /* it came */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* At the end of the text: '\n', which ends a rule as well. */
static char
peek(const struct scanner *s, size_t ahead)
{
	return ahead < (size_t)(s->end - s->p) ? s->p[ahead] : '\n';
}

/* To the next name, over continued lines. False: the rule ends. */
static bool
skip_blanks(struct scanner *s)
{
	while (s->p < s->end) {
		if (is_blank(*s->p))
			s->p++;
		else if (*s->p == '\\' && peek(s, 1) == '\n')
			s->p += s->end - s->p > 1 ? 2 : 1;
		else
			break;
	}
	return s->p < s->end && *s->p != '\n';
}

/* Backslashes and what they quote. False: the name ends with them. */
static bool
take_backslashes(struct scanner *s, struct buffer *name)
{
	size_t n = 0;

	while (peek(s, n) == '\\')
		n++;
	char next = peek(s, n);

	if (next == '\n') {
		/* The last one continues the line. */
		buffer_add(name, s->p, n - 1);
		s->p += n - 1;
		return false;
	}
	bool is_quoted = is_blank(next) ? n % 2 == 1 : next == '#' || next == ':';
	size_t keep = is_blank(next) ? n / 2 : is_quoted ? n - 1 : n;

	buffer_add(name, s->p, keep);
	s->p += n;
	if (is_quoted)
		buffer_add(name, s->p++, 1);
	return is_quoted || !is_blank(next);
}

static void
take_name(struct scanner *s, struct buffer *name)
{
	while (s->p < s->end && *s->p != '\n' && !is_blank(*s->p)) {
		if (*s->p == '\\') {
			if (!take_backslashes(s, name))
				return;
			continue;
		}
		if (s->in_targets && *s->p == ':' && (is_blank(peek(s, 1)) || peek(s, 1) == '\n')) {
			s->p++;
			s->has_colon = true;
			return;
		}
		if (*s->p == '$' && peek(s, 1) == '$')
			s->p++;
		buffer_add(name, s->p++, 1);
	}
}

enum err
deps_parse(const char *text, size_t len, struct strv *names)
{
	struct scanner s = {text, text + len, true, false};
	struct buffer name = {0};

	if (len != 0 && memchr(text, '\0', len) != NULL)
		return ERR_PROTOCOL;
	while (!s.has_colon && skip_blanks(&s)) {
		take_name(&s, &name);
		buffer_clear(&name);
	}
	s.in_targets = false;
	while (s.has_colon && skip_blanks(&s)) {
		take_name(&s, &name);
		strv_take(names, buffer_take_string(&name));
	}
	buffer_release(&name);
	return s.has_colon ? OK : ERR_PROTOCOL;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* gcc drops them in every list that it writes. */
static void
drop_dots(char *name)
{
	const char *p = name;

	while (p[0] == '.' && p[1] == '/')
		p += 2 + strspn(p + 2, "/");
	memmove(name, p, strlen(p) + 1);
}

void
deps_digest(struct strv *names, unsigned char digest[HASH_SIZE])
{
	struct hash *h = hash_new();

	for (size_t i = 0; i < names->count; i++)
		drop_dots(names->items[i]);
	if (names->count != 0)
		qsort(names->items, names->count, sizeof(names->items[0]), compare);
	for (size_t i = 0; i < names->count; i++)
		if (i == 0 || strcmp(names->items[i - 1], names->items[i]) != 0)
			hash_add(h, names->items[i], strlen(names->items[i]) + 1);
	hash_finish_binary(h, digest);
}

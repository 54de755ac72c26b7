/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The head of such a text, with the source x.c:
 *
 *     # 0 "x.c"                    first marker of the source: only names it
 *     # 0 "<built-in>"
 *     #define __STDC__ 1           dropped
 *     # 0 "<command-line>"
 *     #define FOO 1                dropped: -DFOO is in the volunteer's command
 *     # 1 "include/kconfig.h" 1    -include: passes
 *     ...
 *     # 0 "<command-line>" 2
 *     # 1 "x.c"                    second marker: from here on everything passes
 *
 * Lines are dropped whole, so the line numbers of no file change: line markers give them.
 */
#include <stdlib.h>
#include <string.h>

#include "textfilter.h"

/* The name between quotes with libcpp's escapes: backslash before '"' and '\'. */
static char *
marker_name(const char *source)
{
	struct buffer b = {0};

	buffer_add(&b, "\"", 1);
	for (; *source != '\0'; source++) {
		if (*source == '"' || *source == '\\')
			buffer_add(&b, "\\", 1);
		buffer_add(&b, source, 1);
	}
	buffer_add(&b, "\"", 1);
	return buffer_take_string(&b);
}

void
textfilter_init(struct textfilter *f, const char *source)
{
	*f = (struct textfilter){.main_marker = marker_name(source)};
}

void
textfilter_release(struct textfilter *f)
{
	free(f->main_marker);
	buffer_release(&f->partial);
	*f = (struct textfilter){0};
}

static bool
starts_with(const char *line, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && memcmp(line, prefix, n) == 0;
}

/* The quoted name of a line marker (# NUMBER "NAME" ...), or NULL. */
static const char *
find_name(const char *line, size_t len)
{
	if (len < 6 || line[0] != '#' || line[1] != ' ')
		return NULL;
	size_t i = 2;

	while (i < len && line[i] >= '0' && line[i] <= '9')
		i++;
	return i > 2 && i + 2 < len && line[i] == ' ' && line[i + 1] == '"' ? line + i + 1 : NULL;
}

/* One whole line. */
static void
add_line(struct textfilter *f, const char *line, size_t len, struct buffer *out)
{
	const char *name = find_name(line, len);

	if (name != NULL) {
		size_t n = len - (size_t)(name - line);

		f->in_predefined = starts_with(name, n, "\"<built-in>\"") ||
		                   starts_with(name, n, "\"<command-line>\"");
		if (starts_with(name, n, f->main_marker) && ++f->markers == 2)
			f->is_through = true;
	} else if (f->in_predefined &&
	           (starts_with(line, len, "#define ") || starts_with(line, len, "#undef "))) {
		return;
	}
	buffer_add(out, line, len);
}

void
textfilter_add(struct textfilter *f, const void *data, size_t len, struct buffer *out)
{
	const char *p = data;

	while (len > 0 && !f->is_through) {
		const char *end = memchr(p, '\n', len);
		size_t n = end != NULL ? (size_t)(end - p) + 1 : len;

		if (end == NULL || f->partial.len != 0)
			buffer_add(&f->partial, p, n);
		if (end != NULL && f->partial.len != 0) {
			add_line(f, (const char *)f->partial.data, f->partial.len, out);
			buffer_clear(&f->partial);
		} else if (end != NULL) {
			add_line(f, p, n, out);
		}
		p += n;
		len -= n;
	}
	buffer_add(out, p, len);
}

void
textfilter_finish(struct textfilter *f, struct buffer *out)
{
	if (f->partial.len != 0)
		add_line(f, (const char *)f->partial.data, f->partial.len, out);
	buffer_clear(&f->partial);
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "io.h"
#include "log.h"
#include "pragmas.h"
#include "xalloc.h"

/* "#pragma" becomes at least as many blanks. */
#define BLANKS_MIN 7u
#define FILE_MAX_BYTES ((size_t)64 << 20)

/* Yours: what is left of a line without its blanks, as -dD has its own in definitions. */
static char *
squeeze(const char *line, size_t len)
{
	char *text = xmalloc(len + 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		if (strchr(" \t\r\f\v", line[i]) == NULL || line[i] == '\0')
			text[n++] = line[i];
	text[n] = '\0';
	return text;
}

/* Takes line. Will it be in the text where its branch is taken? Then that the text has it says that the branch is. */
static bool
add_witness(struct pragmas *p, char *line)
{
	size_t len = strlen(line);
	bool is_printed = strncmp(line, "#define", 7) == 0 || strncmp(line, "#undef", 6) == 0 || line[0] != '#';
	bool is_simple = strstr(line, "/*") == NULL && strstr(line, "//") == NULL && len != 0 && line[len - 1] != '\\';

	if (is_printed && is_simple) {
		strv_take(&p->witnesses, line);
		return true;
	}
	free(line);
	return false;
}

/* The line with something on it, up or down from the one at p; yours, empty where there is none. */
static char *
neighbour(const char *text, const char *p, int step)
{
	for (;;) {
		const char *begin = p, *end = p + strcspn(p, "\n");

		if (step > 0 && *end == '\0')
			return xstrdup("");
		while (begin > text && begin[-1] != '\n')
			begin--;
		if (step < 0 && begin == text)
			return xstrdup("");
		p = step > 0 ? end + 1 : begin - 1;
		while (step < 0 && p > text && p[-1] != '\n')
			p--;
		char *line = squeeze(p, strcspn(p, "\n"));

		if (line[0] != '\0')
			return line;
		free(line);
	}
}

/* Does a directive begin before the word at p, behind nothing but blanks or a comment? */
static bool
is_directive(const char *text, const char *p)
{
	while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	if (p - text >= 2 && p[-2] == '%' && p[-1] == ':')
		p -= 2;
	else if (p > text && p[-1] == '#')
		p--;
	else
		return false;
	while (p > text && (p[-1] == ' ' || p[-1] == '\t'))
		p--;
	return p == text || p[-1] == '\n' || p[-1] == '/';
}

/*
 * Those that are lost with their lines: gcc expands macros in them, and prints neither them nor a blank. What stands beside one
 * shows whether it was met; true: nothing can.
 */
static bool
has_vanishing(struct pragmas *p, const char *text)
{
	static const char *const names[] = {"message", "redefine_extname"};

	for (const char *at = strstr(text, "pragma"); at != NULL; at = strstr(at + 1, "pragma")) {
		const char *name = at + strlen("pragma") + strspn(at + strlen("pragma"), " \t");
		const char *end = name + strcspn(name, "\n");
		bool is_one = false;

		for (size_t i = 0; is_directive(text, at) && i < sizeof(names) / sizeof(names[0]); i++)
			is_one = is_one || strncmp(name, names[i], strlen(names[i])) == 0;
		/* Where it goes on in the next line, that one is no neighbour. */
		if (is_one && (memchr(name, '\\', (size_t)(end - name)) != NULL ||
		               (!add_witness(p, neighbour(text, at, 1)) && !add_witness(p, neighbour(text, at, -1)))))
			return true;
	}
	return false;
}

static void
lose(struct pragmas *p, const char *file)
{
	log_info("%s: a #pragma message or redefine_extname does not survive preprocessing", file);
	p->is_lost = true;
}

/* Once for each time that it is entered: the marker of a return has the flag 2. */
static void
look_into(struct pragmas *p, const char *flags, size_t len)
{
	char *text;
	size_t n;

	if (p->file[0] == '<' || memchr(flags, '2', len) != NULL ||
	    io_read_file(p->file, FILE_MAX_BYTES, &text, &n) != OK)
		return;
	if (has_vanishing(p, text))
		lose(p, p->file);
	free(text);
}

static void
compare_witnesses(struct pragmas *p, const char *line, size_t len)
{
	char *text = p->witnesses.count != 0 ? squeeze(line, len) : NULL;

	for (size_t i = 0; i < p->witnesses.count && !p->is_lost; i++)
		if (strcmp(p->witnesses.items[i], text) == 0)
			lose(p, p->file != NULL ? p->file : "?");
	free(text);
}

/* # NUMBER "FILE" FLAGS: true for a marker, whose file and line are then the current ones. */
static bool
take_marker(struct pragmas *p, const char *line, size_t len)
{
	size_t i = 2;
	unsigned long number = 0;

	if (len < 6 || line[0] != '#' || line[1] != ' ')
		return false;
	for (; i < len && line[i] >= '0' && line[i] <= '9'; i++)
		number = number * 10 + (unsigned long)(line[i] - '0');
	if (i == 2 || i + 2 >= len || line[i] != ' ' || line[i + 1] != '"')
		return false;
	const char *name = line + i + 2;
	const char *end = memchr(name, '"', len - i - 2);

	if (end == NULL)
		return false;
	free(p->file);
	p->file = xstrndup(name, (size_t)(end - name));
	p->line = number;
	look_into(p, end + 1, (size_t)(line + len - end - 1));
	return true;
}

/* The line of the file as the user wrote it, yours; NULL if it cannot be read. */
static char *
read_line(const char *file, unsigned long number)
{
	char *text, *line = NULL;
	size_t len;

	if (io_read_file(file, FILE_MAX_BYTES, &text, &len) != OK)
		return NULL;
	const char *p = text;

	for (unsigned long i = 1; p != NULL && i < number; i++) {
		p = strchr(p, '\n');
		p = p != NULL ? p + 1 : NULL;
	}
	if (p != NULL)
		line = xstrndup(p, strcspn(p, "\n"));
	free(text);
	return line;
}

static bool
is_harmless(const char *line)
{
	/* Without the word it is a line of blanks; a continued pragma has a word of its own. */
	if (strstr(line, "pragma") == NULL)
		return line[strspn(line, " \t\r\f\v")] == '\0';
	return strstr(line, "once") != NULL || strstr(line, "system_header") != NULL;
}

static void
look_up(struct pragmas *p)
{
	char *line = p->file != NULL ? read_line(p->file, p->line) : NULL;

	if (line == NULL || !is_harmless(line)) {
		log_info("%s:%lu: \"%s\" does not survive preprocessing", p->file != NULL ? p->file : "?",
		         p->line, line != NULL ? line : "?");
		p->is_lost = true;
	}
	free(line);
}

static void
take_line(struct pragmas *p, const char *line, size_t len)
{
	if (len != 0 && line[0] == '#' && take_marker(p, line, len))
		return;
	if (len >= BLANKS_MIN && line[0] == ' ') {
		size_t i = 0;

		while (i < len && line[i] == ' ')
			i++;
		if (i == len)
			look_up(p);
	}
	compare_witnesses(p, line, len);
	p->line++;
}

void
pragmas_add(struct pragmas *p, const void *data, size_t len)
{
	const char *text = data;

	while (len > 0 && !p->is_lost) {
		const char *end = memchr(text, '\n', len);
		size_t n = end != NULL ? (size_t)(end - text) : len;

		if (end == NULL || p->partial.len != 0)
			buffer_add(&p->partial, text, n);
		if (end == NULL)
			return;
		if (p->partial.len != 0)
			take_line(p, (const char *)p->partial.data, p->partial.len);
		else
			take_line(p, text, n);
		buffer_clear(&p->partial);
		text += n + 1;
		len -= n + 1;
	}
}

void
pragmas_release(struct pragmas *p)
{
	buffer_release(&p->partial);
	strv_release(&p->witnesses);
	free(p->file);
	*p = (struct pragmas){0};
}

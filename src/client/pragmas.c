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

/* Those that are lost with their lines: gcc expands macros in them, and prints neither them nor a blank. */
static bool
has_vanishing(const char *text)
{
	static const char *const names[] = {"message", "redefine_extname"};

	for (const char *p = strstr(text, "pragma"); p != NULL; p = strstr(p, "pragma")) {
		p += strlen("pragma");
		p += strspn(p, " \t");
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (strncmp(p, names[i], strlen(names[i])) == 0)
				return true;
	}
	return false;
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
	if (has_vanishing(text)) {
		log_info("%s: a #pragma message or redefine_extname does not survive preprocessing", p->file);
		p->is_lost = true;
	}
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
	free(p->file);
	*p = (struct pragmas){0};
}

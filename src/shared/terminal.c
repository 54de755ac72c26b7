/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "terminal.h"

#define ESC '\033'
#define BEL '\007'

static bool
is_continuation(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The length of the UTF-8 character there; 0: it is none. */
static size_t
utf8_length(const unsigned char *p, size_t len)
{
	size_t n = p[0] >= 0xc2 && p[0] < 0xe0 ? 2 : p[0] >= 0xe0 && p[0] < 0xf0 ? 3 : p[0] >= 0xf0 && p[0] < 0xf5 ? 4 : 0;

	if (n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if (!is_continuation(p[i]))
			return 0;
	return n;
}

size_t
terminal_character(const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text;

	if (p[0] < 0x80)
		return p[0] >= 0x20 && p[0] != 0x7f;
	size_t n = utf8_length(p, len);

	if (n == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		return 0;
	/* Of an older character set: there, too, the first 32 are controls. */
	return n != 0 ? n : p[0] >= 0xa0;
}

/* "ESC [ 1 ; 31 m": colours; "ESC [ K": erases the rest of the line, so that they do not run over. */
static size_t
colour_length(const char *p, size_t len)
{
	size_t n = 2;

	if (len < 3 || p[0] != ESC || p[1] != '[')
		return 0;
	while (n < len && ((p[n] >= '0' && p[n] <= '9') || p[n] == ';' || p[n] == ':'))
		n++;
	return n < len && (p[n] == 'm' || (p[n] == 'K' && n == 2)) ? n + 1 : 0;
}

/* "ESC ] 8 ; parameters ; URL" and its end, "ESC \" or BEL: what gcc makes of option names. */
static size_t
link_length(const char *p, size_t len)
{
	size_t n = 4;

	if (len < 5 || memcmp(p, "\033]8;", 4) != 0)
		return 0;
	while (n < len && (unsigned char)p[n] >= 0x20 && (unsigned char)p[n] < 0x7f)
		n++;
	if (n < len && p[n] == BEL)
		return n + 1;
	return n + 1 < len && p[n] == ESC && p[n + 1] == '\\' ? n + 2 : 0;
}

bool
terminal_is_compilers(const char *text, size_t len)
{
	for (size_t at = 0; at < len;) {
		const char *p = text + at;
		size_t left = len - at, n = terminal_character(p, left);

		/* A carriage return that is not a line's end would write over what stands there. */
		if (*p == '\n' || *p == '\t' || *p == '\f' || (*p == '\r' && left > 1 && p[1] == '\n'))
			n = 1;
		if (n == 0 && *p == ESC) {
			n = colour_length(p, left);
			n = n != 0 ? n : link_length(p, left);
		}
		if (n == 0)
			return false;
		at += n;
	}
	return true;
}

/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exitcode.h"
#include "xalloc.h"

static void *
checked(void *p)
{
	static const char text[] = "dcc: out of memory\n";

	if (p != NULL)
		return p;
	fputs(text, stderr);
	exit(EXIT_OUT_OF_MEMORY);
}

void *
xmalloc(size_t size)
{
	return checked(malloc(size != 0 ? size : 1));
}

void *
xcalloc(size_t count, size_t size)
{
	return checked(calloc(count != 0 ? count : 1, size != 0 ? size : 1));
}

void *
xrealloc(void *p, size_t size)
{
	return checked(realloc(p, size != 0 ? size : 1));
}

char *
xstrndup(const char *s, size_t n)
{
	char *p = xmalloc(n + 1);

	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

char *
xstrdup(const char *s)
{
	return xstrndup(s, strlen(s));
}

char *
xasprintf(const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);

	va_end(ap);
	if (n < 0)
		n = 0;
	char *p = xmalloc((size_t)n + 1);

	p[0] = '\0';
	vsnprintf(p, (size_t)n + 1, fmt, again);
	va_end(again);
	return p;
}

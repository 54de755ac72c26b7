/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_XALLOC_H
#define DCC_XALLOC_H

#include <stddef.h>

/*
 * Memory that is there or the process ends with exit code 105 (distcc's "out of memory"). A size
 * from a peer is checked against a limit before it comes here. The caller frees with free().
 */
void *
xmalloc(size_t size);
/* Zeroed, and the product cannot overflow. */
void *
xcalloc(size_t count, size_t size);
void *
xrealloc(void *p, size_t size);
char *
xstrdup(const char *s);
char *
xstrndup(const char *s, size_t n);
/* printf into a new string. */
char *
xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

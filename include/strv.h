/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DCC_STRV_H
#define DCC_STRV_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A growable vector of strings that it owns; starts as {0}. items[count] is always NULL once
 * anything was added, so items can be handed to execve(2).
 */
struct strv {
	char **items;
	size_t count;
	size_t cap;
};

void
strv_release(struct strv *v);
/* Adds a copy. */
void
strv_add(struct strv *v, const char *s);
/* Adds the string itself and owns it from now on. */
void
strv_take(struct strv *v, char *s);
/* Adds copies of a NULL-terminated list. */
void
strv_add_all(struct strv *v, char *const items[]);
/* Replaces item i, which exists, by a copy of s. */
void
strv_set(struct strv *v, size_t i, const char *s);
void
strv_remove(struct strv *v, size_t i);
bool
strv_has(const struct strv *v, const char *s);

#endif
